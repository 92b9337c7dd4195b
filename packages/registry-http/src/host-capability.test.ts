import type { HostCapability, Hosts } from "@stowage/registry";
import { startRegistry } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { layer, manifest, path, putImage } from "./image.test.fixture.ts";
import { openHttpRegistry } from "./index.ts";
import { domain, hasty, planOf } from "./planned-hosts.test.fixture.ts";

async function start(capabilities: readonly HostCapability[]) {
  const stack = new AsyncDisposableStack();
  const [mirror, origin] = [stack.use(await startRegistry()), stack.use(await startRegistry())];
  for (const fake of [mirror, origin]) putImage(fake);
  const hosts: Hosts = {
    plan: async (asked) => {
      const [first, second] = await planOf({ origin: mirror.origin, namespace: domain }, origin).plan(asked);
      return [first, second]
        .flatMap((host) => host ?? [])
        .map((host) => (host.role === "mirror" ? { ...host, capabilities: new Set(capabilities) } : host));
    },
  };
  const registry = stack.use(openHttpRegistry({ ...hasty, chunks: {}, hosts }));
  return { stack, mirror, origin, registry };
}

describe("a mirror that may", () => {
  test.for<{ capabilities: readonly HostCapability[]; asked: readonly number[] }>([
    { capabilities: ["resolve", "pull"], asked: [3, 0] },
    { capabilities: ["pull"], asked: [2, 1] },
    { capabilities: ["resolve"], asked: [1, 2] },
    { capabilities: [], asked: [0, 3] },
  ])(
    "$capabilities is asked for that alone, and the origin for the rest: $asked (REG-09)",
    async ({ capabilities, asked }) => {
      const { stack, mirror, origin, registry } = await start(capabilities);
      await using _ = stack;
      await registry.resolve({ domain, path, tag: "v1" });
      await registry.document({ domain, path }, manifest);
      await Array.fromAsync(registry.blob({ domain, path }, layer));
      expect([mirror, origin].map(({ requests }) => requests.length)).toEqual(asked);
    },
  );
});

test("a mirror is told for whom it stands in, and the origin is not (REG-10)", async () => {
  const { stack, mirror, origin, registry } = await start(["pull"]);
  await using _ = stack;
  await registry.document({ domain, path }, manifest);
  await registry.resolve({ domain, path, tag: "v1" });
  expect(mirror.requests.map(({ path: at }) => at)).toEqual([`/v2/${path}/manifests/${manifest.digest}?ns=${domain}`]);
  expect(origin.requests.map(({ path: at }) => at)).toEqual([`/v2/${path}/manifests/v1`]);
});

test("where no host may be asked there is an error that says so, and no request (REG-11)", async () => {
  const { stack, mirror, origin } = await start([]);
  await using _ = stack;
  const hosts: Hosts = { plan: async () => [] };
  await using registry = openHttpRegistry({ ...hasty, hosts });
  await expect(registry.resolve({ domain, path, tag: "v1" })).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringContaining("none of the hosts of registry.example may be asked for it (resolve)"),
  });
  expect([mirror, origin].flatMap(({ requests }) => requests)).toEqual([]);
});
