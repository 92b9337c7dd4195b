import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { smallImage } from "@stowage/image-fixtures";
import { startDaemon } from "@stowage/stowaged";
import { describe, expect, onTestFinished, test } from "vitest";
import { openPlace, runHere } from "../run-here.test.fixture.ts";

const accept = [{ type: "insecureAcceptAnything" }];

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", ({ daemon }) => {
  test.for([
    { type: "docker-archive", output: "docker.tar", transport: "docker-archive", scopes: () => [""] },
    { type: "oci-archive", output: "oci.tar", transport: "oci-archive", scopes: (ours: string) => [ours] },
    { type: "oci-layout", output: "layout", transport: "oci", scopes: (ours: string) => [ours] },
  ])("a $type comes if its policy says so of where it really lies", async ({ type, output, transport, scopes }) => {
    const { directory, pull, print } = await openPlace({ daemon: false });
    const [ours, others] = [join(directory, "ours"), join(directory, "others")];
    for (const each of [ours, others]) await mkdir(each);
    const name = await pull("team/small", smallImage());
    for (const each of [ours, others]) await print("save", name, "-o", join(each, output), "--type", type);
    await symlink(join(others, output), join(ours, "link"));
    await symlink(join(ours, output), join(others, "link"));

    const file = join(directory, "policy.json");
    const scoped = Object.fromEntries(scopes(ours).map((scope) => [scope, accept]));
    await writeFile(file, JSON.stringify({ default: [{ type: "reject" }], transports: { [transport]: scoped } }));
    const load = await loader({ directory, file, daemon });
    const ended = async (path: string) => (await load(path)).code;
    const elsewhere = scopes(ours).includes("") ? 0 : 4;
    expect(await ended(join(ours, "link"))).toBe(elsewhere);
    expect(await ended(join(others, output))).toBe(elsewhere);
    expect(await ended(join(others, "link"))).toBe(0);
    expect(await ended(join(ours, output))).toBe(0);
  });

  test("what may not come ends with 4, and is told with the policy that says so", async () => {
    const { directory, pull, print } = await openPlace({ daemon: false });
    const path = join(directory, "out", "docker.tar");
    await print("save", await pull("team/small", smallImage()), "-o", path);
    const file = join(directory, "policy.json");
    await writeFile(file, '{"default":[{"type":"reject"}]}');
    const { code, err } = await (await loader({ directory, file, daemon }))(path);
    expect(code).toBe(4);
    expect(err).toMatch(/Cannot admit \S+\/team\/small:1: it is rejected \(policy ".*policy\.json", the default\)/);
    expect(err).not.toContain("SignatureValidationFailed");
  });
});

/** Loads into a fresh store with that policy. */
async function loader({ directory, file, daemon }: { directory: string; file: string; daemon: boolean }) {
  const [root, address] = [join(directory, "there"), join(directory, "there.sock")];
  const config = join(directory, "stowage.toml");
  await writeFile(config, `[policy]\nfile = ${JSON.stringify(file)}\n`);
  if (daemon) {
    const policy = { ...defaultSettings.policy, file };
    const running = await startDaemon({ ...defaultSettings, root, address, policy });
    onTestFinished(() => running[Symbol.asyncDispose]());
  }
  return (path: string) => runHere(["load", path, "--config", config, "--root", root, "--address", address]);
}
