import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { decodeAuthConfig } from "@stowage/auth";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { dropConnection, type FakeRegistry, startRegistry, status, times } from "@stowage/registry-fake";
import { connectStore } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";

interface Line {
  readonly level: number;
  readonly msg: string;
}

const isLine = (value: unknown): value is Line => typeof value === "object" && value !== null && "msg" in value;

/** A daemon as a process of its own, the lines of its log, and a way to have it pull. */
async function startNode(): Promise<{ lines: readonly Line[]; pull: (registry: FakeRegistry) => Promise<unknown> }> {
  const directory = await mkdtemp(join(tmpdir(), "stowaged-log-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const address = join(directory, "s.sock");
  const main = new URL("./main.ts", import.meta.url).pathname;
  const args = ["--conditions=@stowage/source", main, "--root", join(directory, "store"), "--address", address];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(async () => {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  });
  const lines: Line[] = [];
  const reader = createInterface(child.stderr);
  reader.on("line", (text) => {
    const line: unknown = JSON.parse(text);
    if (isLine(line)) lines.push(line);
  });
  await expect.poll(() => lines.map(({ msg }) => msg), { timeout: 10_000 }).toContain("serving");
  const credential = decodeAuthConfig({ username: "me", password: "canary" })?.credential;
  const pull = async (registry: FakeRegistry): Promise<unknown> => {
    using client = connectStore(address);
    const asked = client.pull(parseReference(`${registry.host}/a:1`), { credential, plainHttp: true });
    return await asked.catch((error: unknown) => error);
  };
  return { lines, pull };
}

async function offer(): Promise<FakeRegistry> {
  const registry = await startRegistry({ authentication: { kind: "basic", users: { me: "canary" } } });
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  return registry;
}

const warning = 40;

test("each request that fails or is refused for the moment is a warning, though the pull comes through", async () => {
  const registry = await offer();
  const { lines, pull } = await startNode();
  for (const fault of [dropConnection(), status(429, "canary"), status(503, "canary")]) registry.wrap(times(1, fault));
  expect(await pull(registry)).toMatchObject({ tags: [`${registry.host}/a:1`] });
  await expect.poll(() => lines.at(-1)?.msg).toBe("call");
  const { host } = registry;
  const same = { level: warning, host, method: "GET", action: `pull ${host}/a:1` };
  expect(lines.filter(({ level }) => level >= warning)).toMatchObject([
    { ...same, status: 503, msg: `${host} answers 503` },
    { ...same, status: 429, msg: `${host} answers 429` },
    { ...same, msg: `Cannot pull ${host}/a:1: ${host}: it cut the connection` },
  ]);
  expect(JSON.stringify(lines)).not.toContain("canary");
});

test("a pull without trouble is one line, its challenge and what is not there included", async () => {
  const registry = await offer();
  const { lines, pull } = await startNode();
  expect(await pull(registry)).toMatchObject({ tags: [`${registry.host}/a:1`] });
  registry.wrap(status(404));
  expect(await pull(registry)).toMatchObject({ code: "not-found" });
  await expect.poll(() => lines.map(({ msg }) => msg)).toEqual(["serving", "call", expect.stringMatching(/not|404/i)]);
  expect(registry.requests.length).toBeGreaterThan(3);
});
