import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type FakeRegistry, startRegistry } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { runInTerminal } from "./pseudo-terminal.test.fixture.ts";
import { commandLine, runCommand, scratchDirectory, startCommand } from "./run-command.test.fixture.ts";

const secret = "c4n4ry-passw0rd";

async function start(): Promise<{ registry: FakeRegistry; home: string; line: string }> {
  const registry = await startRegistry({ authentication: { kind: "basic", users: { me: secret } } });
  onTestFinished(() => registry[Symbol.asyncDispose]());
  const home = await scratchDirectory();
  return { registry, home, line: `HOME='${home}' ${commandLine(["login", registry.host, "--plain-http"])}` };
}

const size = { rows: 24, columns: 100 };

test("on a terminal a login asks for both, and shows nothing of the password", async () => {
  const { registry, home, line } = await start();
  const terminal = runInTerminal(line, size);
  await expect.poll(() => terminal.screen().join("\n")).toContain("Username: ");
  terminal.type("me\r");
  await expect.poll(() => terminal.screen().join("\n")).toContain("Password: ");
  terminal.type(`${secret}\r`);
  expect(await terminal.exited).toBe(0);
  expect(terminal.sent()).not.toContain(secret);
  const kept = join(home, ".config/containers/auth.json");
  expect(terminal.screen().join("\n")).toBe(
    `Username: me\nPassword: \nlogged in to ${registry.host} as me; kept in ${kept}`,
  );
  expect(await readFile(kept, "utf8")).toContain(Buffer.from(`me:${secret}`).toString("base64"));
});

test("Ctrl-C at the question ends it, and keeps nothing", async () => {
  const { home, line } = await start();
  const terminal = runInTerminal(`${line} -u me`, size);
  await expect.poll(() => terminal.screen().join("\n")).toContain("Password: ");
  terminal.type("\u0003");
  expect(await terminal.exited).toBe(130);
  await expect(readFile(join(home, ".config/containers/auth.json"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("without a terminal it says how else a login is given", async () => {
  const { registry, home } = await start();
  const ended = await runCommand(["login", registry.host], { env: { ...process.env, HOME: home } });
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining("--password-stdin") });
});

test.for(["SIGINT", "SIGTERM"] as const)("%s ends the wait for a password on a pipe at once", async (signal) => {
  const { registry, home } = await start();
  const args = ["login", registry.host, "--plain-http", "-u", "me", "--password-stdin"];
  const child = startCommand(args, { env: { ...process.env, HOME: home } });
  const ended = once(child, "exit");
  child.stdin.write("half of ");
  await delay(1500); // until it waits, which nothing shows
  child.kill(signal);
  expect(await Promise.race([ended, delay(3000, "still there")])).toEqual([130, null]);
  await expect(readFile(join(home, ".config/containers/auth.json"))).rejects.toMatchObject({ code: "ENOENT" });
});

test.for([
  { verb: "login", args: ["login", `http://me:${secret}@a.io/`, "-u", "me", "--password-stdin"] },
  { verb: "login", args: ["login", `me:${secret}@a.io`, "-u", "me", "--password-stdin"] },
  { verb: "logout", args: ["logout", `https://me:${secret}@a.io/`] },
  { verb: "pull", args: ["pull", `me:${secret}@a.io/x`] },
  { verb: "push", args: ["push", `me:${secret}@a.io/x`] },
  { verb: "copy", args: ["copy", `me:${secret}@a.io/x`, `https://me:${secret}@a.io/x`] },
  { verb: "explain", args: ["explain", `me:${secret}@a.io/x`] },
  { verb: "explain", args: ["explain", `https://me:${secret}@a.io/x`] },
  { verb: "inspect", args: ["inspect", `me:${secret}@a.io/x`] },
  { verb: "tags", args: ["tags", `me:${secret}@a.io/x`] },
])("$verb repeats no password that stands before a host ($args.1)", async ({ args }) => {
  const { home } = await start();
  const place = ["--root", join(home, "store"), "--address", join(home, "none.sock")];
  const ended = await runCommand([...args, ...place], { env: { ...process.env, HOME: home }, input: "typed" });
  expect(ended).toMatchObject({ code: expect.toSatisfy((code) => code !== 0) });
  expect(ended.err).toMatch(/cannot/i);
  expect(ended.out + ended.err).not.toContain(secret);
});

test("a user name that would be kept as another one is refused before the registry sees it", async () => {
  const { registry, home } = await start();
  const args = ["login", registry.host, "--plain-http", "-u", "me:too", "--password-stdin"];
  const ended = await runCommand(args, { env: { ...process.env, HOME: home }, input: `${secret}\n` });
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining("colon") });
  expect(registry.requests).toEqual([]);
});
