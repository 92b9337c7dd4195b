import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";

const main = new URL("./main.ts", import.meta.url).pathname;

async function end(args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, ["--conditions=@stowage/source", main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code, out, err };
}

/** A `stowage.toml` with files beside it, under their names from there. */
async function settingsFile(files: Readonly<Record<string, string>>): Promise<{ directory: string; config: string }> {
  const directory = await mkdtemp(join(tmpdir(), "stowaged-config-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "conf.d"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return { directory, config: join(directory, "stowage.toml") };
}

test("config check says of every file that it is fine", async () => {
  const { directory, config } = await settingsFile({ "stowage.toml": "", "conf.d/b.toml": "", "conf.d/a.toml": "" });
  expect(await end(["config", "check", "--config", config])).toEqual({
    code: 0,
    out: ["stowage.toml", "conf.d/a.toml", "conf.d/b.toml"].map((name) => `${join(directory, name)}: ok\n`).join(""),
    err: "",
  });
});

test("config check tells the mistake of a file in one line, and ends with code 2", async () => {
  const { directory, config } = await settingsFile({ "stowage.toml": "", "conf.d/a.toml": "[pul]\nlease = 1" });
  expect(await end(["config", "check", "--config", config])).toEqual({
    code: 2,
    out: "",
    err: `stowaged: Cannot read settings "${directory}/conf.d/a.toml": line 1: there is no key "pul"; perhaps "pull"\n`,
  });
});

test("what config default prints is a file that config check finds fine, and that changes nothing", async () => {
  const { out, code } = await end(["config", "default"]);
  expect(code).toBe(0);
  const { config } = await settingsFile({ "stowage.toml": out });
  const empty = await settingsFile({ "stowage.toml": "" });
  expect((await end(["config", "check", "--config", config])).code).toBe(0);
  const shown = (await end(["config", "show", "--config", config])).out.replaceAll(/ {2}# from .*/g, "");
  expect(shown).toBe((await end(["config", "show", "--config", empty.config])).out);
});

test("config show prints what is in force, where it comes from, and no password", async () => {
  const { directory, config } = await settingsFile({
    "stowage.toml": 'root = "/a"\n[registry.proxies]\n"ghcr.io" = "http://me:hunter2@proxy.example:3128"',
    "conf.d/a.toml": 'root = "/b"\n[pull]\nlease = "90s"',
  });
  const { out, err, code } = await end(["config", "show", "--config", config, "--address", "/x.sock"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain(`root = "/b"  # from "${directory}/conf.d/a.toml"\naddress = "/x.sock"  # from "--address"\n`);
  expect(out).toContain(`lease = "90s"  # from "${directory}/conf.d/a.toml"\n`);
  expect(out).toContain('proxies = { "ghcr.io" = "http://me:***@proxy.example:3128" }');
  expect(out).not.toContain("hunter2");
});

test.for([
  { args: ["confg", "check"], says: 'there is no verb "confg"; perhaps "config"' },
  { args: ["config", "chek"], says: 'there is no verb "chek"; perhaps "check"' },
  { args: ["config", "frobnicate"], says: 'there is no verb "frobnicate"; there is "check", "default", "show"' },
  { args: ["config"], says: '"config" takes one of "check", "default", "show"' },
  { args: ["config", "show", "now"], says: 'nothing comes after "config show"' },
])("$args is told to be wrong, and ends with code 2", async ({ args, says }) => {
  expect(await end(args)).toEqual({ code: 2, out: "", err: `stowaged: Cannot read the command line: ${says}\n` });
});

test("the help names the verbs", async () => {
  expect((await end(["--help"])).out).toContain("stowaged config check|default|show");
});
