import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { startRegistry } from "@stowage/registry-fake";
import { connectStore } from "@stowage/store-client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

const root = new URL("../../..", import.meta.url).pathname;
const installed = "/opt/stowage";
let directory: string;
let release: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "stowaged-release-"));
  release = join(directory, "stowage");
  execFileSync(process.execPath, [join(root, "tools/release.ts"), release], { stdio: ["ignore", "ignore", "inherit"] });
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const unitOf = (kind: "service" | "socket"): string =>
  readFileSync(join(release, "systemd", `stowaged.${kind}`), "utf8").replaceAll(installed, release);

test("the units are what systemd takes", () => {
  const units = (["service", "socket"] as const).map((kind) => {
    const path = join(directory, `stowaged.${kind}`);
    writeFileSync(path, unitOf(kind));
    return path;
  });
  execFileSync("systemd-analyze", ["verify", "--man=no", ...units], { stdio: ["ignore", "ignore", "inherit"] });
});

test("what the unit starts serves and pulls, with nothing but what is released", async () => {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  const [command = "", ...args] = /^ExecStart=(.*)$/m.exec(unitOf("service"))?.[1]?.split(" ") ?? [];
  const place = join(directory, "place");
  mkdirSync(place);
  const address = join(place, "s.sock");
  const daemon = spawn(command, [...args, "--root", join(place, "store"), "--address", address], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    stdio: "ignore",
  });
  onTestFinished(() => void daemon.kill("SIGKILL"));
  await expect.poll(() => existsSync(address)).toBe(true);
  using client = connectStore(address);
  expect((await client.pull(parseReference(`${registry.host}/a:1`))).damage).toEqual([]);
  daemon.kill("SIGTERM");
  expect(await once(daemon, "exit")).toEqual([0, null]);
});

test("a file to begin with is printed, and is taken", () => {
  const stowaged = (...args: string[]) =>
    String(execFileSync(join(release, "node"), [join(release, "bundle/main.js"), ...args]));
  const path = join(directory, "stowage.toml");
  writeFileSync(path, stowaged("config", "default"));
  expect(stowaged("config", "check", "--config", path)).toBe(`${path}: ok\n`);
});
