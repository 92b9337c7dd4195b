import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type FakeRegistry, startRegistry } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { runInTerminal } from "./pseudo-terminal.test.fixture.ts";
import { commandLine, runCommand, scratchDirectory } from "./run-command.test.fixture.ts";

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
  await expect.poll(() => terminal.screen().join("\n"), { timeout: 20_000 }).toContain("Username: ");
  terminal.type("me\r");
  await expect.poll(() => terminal.screen().join("\n"), { timeout: 20_000 }).toContain("Password: ");
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
  await expect.poll(() => terminal.screen().join("\n"), { timeout: 20_000 }).toContain("Password: ");
  terminal.type("\u0003");
  expect(await terminal.exited).toBe(130);
  await expect(readFile(join(home, ".config/containers/auth.json"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("without a terminal it says how else a login is given", async () => {
  const { registry, home } = await start();
  const ended = await runCommand(["login", registry.host], { env: { ...process.env, HOME: home } });
  expect(ended).toMatchObject({ code: 2, err: expect.stringContaining("--password-stdin") });
});
