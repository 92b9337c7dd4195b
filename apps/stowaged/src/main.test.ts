import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { stallAfter, startRegistry, when } from "@stowage/registry-fake";
import { connectStore } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";

const main = new URL("./main.ts", import.meta.url).pathname;

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowaged-main-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function run(args: readonly string[]) {
  const child = spawn(process.execPath, ["--conditions=@stowage/source", main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function end(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const child = run(args);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: typeof code === "number" ? code : -1, out, err };
}

test("serves until SIGTERM, then ends cleanly and takes its socket away", async () => {
  const directory = await scratch();
  const address = join(directory, "s.sock");
  const child = run(["--root", join(directory, "store"), "--address", address]);
  const told = text(child.stderr);
  await expect.poll(() => existsSync(address)).toBe(true);
  expect((await readFile(join(directory, "store", "lock"), "utf8")).trim()).toBe(String(child.pid));
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(existsSync(address)).toBe(false);
  const lines = (await told)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).msg);
  expect(lines).toEqual(["serving", "stopping", "stopped"]);
});

test("SIGTERM ends a pull that is under way, cleanly, and the next daemon finishes it", async () => {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  const fault = registry.wrap(when(/blobs/, stallAfter(1)));
  const directory = await scratch();
  const address = join(directory, "s.sock");
  const args = ["--root", join(directory, "store"), "--address", address];
  const pull = async () => {
    await expect.poll(() => existsSync(address)).toBe(true);
    using client = connectStore(address);
    return await client.pull(parseReference(`${registry.host}/a:1`));
  };
  const first = run(args);
  const pulling = pull();
  pulling.catch(() => undefined);
  await expect.poll(() => registry.requests.some(({ path }) => path.includes("/blobs/"))).toBe(true);
  first.kill("SIGTERM");
  expect(await once(first, "exit")).toEqual([0, null]);
  await expect(pulling).rejects.toMatchObject({ code: "unavailable" });
  expect(await readdir(join(directory, "store", "content", "ingest"))).toEqual([]);
  fault[Symbol.dispose]();
  const second = run(args);
  expect((await pull()).tags).toEqual([`${registry.host}/a:1`]);
  second.kill("SIGTERM");
  expect(await once(second, "exit")).toEqual([0, null]);
});

test("takes its settings from a file, and the command line before the file", async () => {
  const directory = await scratch();
  const address = join(directory, "here.sock");
  const config = join(directory, "stowage.toml");
  await writeFile(config, `root = "${directory}/store"\naddress = "${directory}/not-here.sock"\n`);
  const child = run(["--config", config, "--address", address]);
  await expect.poll(() => existsSync(address)).toBe(true);
  expect(existsSync(join(directory, "store", "lock"))).toBe(true);
  child.kill("SIGTERM");
  await once(child, "exit");
});

test.for([
  {
    what: "a setting that is not what was expected",
    toml: "[pull]\nconcurrent_layers = 0",
    says: /^stowaged: Cannot read settings ".*": line 2: "pull\.concurrent_layers" .*from 1 to 64\n$/,
  },
  { what: "a key that is not known", toml: "adress = 1", says: /perhaps "address"\n$/ },
  { what: "what is no TOML", toml: "root = ", says: /line 1, column/ },
])("ends with code 2 and one line for $what", async ({ toml, says }) => {
  const config = join(await scratch(), "stowage.toml");
  await writeFile(config, toml);
  const { code, err, out } = await end(["--config", config]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(says);
});

test.for([
  { args: ["--config", "/nowhere/stowage.toml"], says: /Cannot read settings "\/nowhere\/stowage\.toml"/, code: 2 },
  { args: ["--rot", "/x"], says: /Cannot read the command line: .*--rot/, code: 2 },
  {
    args: ["--root", "relative", "--address", "/tmp/stowaged-unused.sock"],
    says: /expected an absolute path/,
    code: 2,
  },
  {
    args: ["--root", "/etc/passwd/store", "--address", "/tmp/stowaged-unused.sock"],
    says: /Cannot open the store "\/etc\/passwd\/store"/,
    code: 1,
  },
])("$args ends with code $code and one line", async ({ args, says, code }) => {
  const ended = await end(args);
  expect(ended.err).toMatch(says);
  expect(ended.err.trimEnd()).not.toContain("\n");
  expect(ended.code).toBe(code);
});

test("explains itself", async () => {
  expect((await end(["--help"])).out).toMatch(/^Usage: stowaged/);
  expect((await end(["--version"])).out).toMatch(/^stowaged \d+\.\d+\.\d+/);
});
