import { decodeAuthConfig } from "@stowage/auth";
import { smallImage } from "@stowage/image-fixtures";
import { dropConnection, type FakeRegistry, startRegistry, status, times } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { startNode } from "./log.test.fixture.ts";

const credential = decodeAuthConfig({ username: "me", password: "canary" })?.credential;

async function offer(): Promise<FakeRegistry> {
  const registry = await startRegistry({ authentication: { kind: "basic", users: { me: "canary" } } });
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  return registry;
}

const info = 30;
const warning = 40;

test("each request that fails or is refused for the moment is a warning, though the pull comes through", async () => {
  const registry = await offer();
  const { lines, pull } = await startNode();
  for (const fault of [dropConnection(), status(429, "canary"), status(503, "canary")]) registry.wrap(times(1, fault));
  const { host } = registry;
  expect(await pull(`${host}/a:1`, credential)).toMatchObject({ tags: [`${host}/a:1`] });
  await expect.poll(() => lines.at(-1)?.msg).toBe("pulled");
  const same = { level: warning, host, method: "GET", action: `pull ${host}/a:1` };
  expect(lines.filter(({ level }) => level >= warning)).toMatchObject([
    { ...same, status: 503, msg: `${host} answers 503` },
    { ...same, status: 429, msg: `${host} answers 429` },
    { ...same, msg: `Cannot pull ${host}/a:1: ${host}: it cut the connection` },
  ]);
  expect(JSON.stringify(lines)).not.toContain("canary");
});

test("a pull is one line, its challenge and what is not there included, and one more where its call fails", async () => {
  const registry = await offer();
  const { lines, pull } = await startNode();
  const reference = `${registry.host}/a:1`;
  expect(await pull(reference, credential)).toMatchObject({ tags: [reference] });
  registry.wrap(status(404));
  expect(await pull(reference, credential)).toMatchObject({ code: "not-found" });
  const milliseconds: unknown = expect.any(Number);
  await expect
    .poll(() => lines.slice(1))
    .toMatchObject([
      {
        level: info,
        msg: "pulled",
        reference,
        id: expect.stringMatching(/^sha256:/),
        milliseconds,
        bytes: expect.any(Number),
      },
      { level: info, msg: "pull failed", reference, why: expect.stringMatching(/404/), milliseconds, bytes: 0 },
      { level: warning, method: "Pull", status: "NotFound", msg: expect.stringMatching(/404/) },
    ]);
  expect(registry.requests.length).toBeGreaterThan(3);
});

test.for([
  { level: "debug", calls: 1 },
  { level: "info", calls: 0 },
])("a call that only asks is told of at level $level $calls times", async ({ level, calls }) => {
  const { lines, pull } = await startNode(`[log]\nlevel = "${level}"\n`);
  const registry = await offer();
  await pull(`${registry.host}/a:1`, credential);
  await expect.poll(() => lines.map(({ msg }) => msg)).toContain("pulled");
  await expect.poll(() => lines.filter(({ msg }) => msg === "call")).toHaveLength(calls);
});
