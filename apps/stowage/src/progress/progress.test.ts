import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { makeImage } from "@stowage/image-fixtures";
import { type FakeRegistry, stallAfter, startRegistry, when } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { runInTerminal } from "../pseudo-terminal.test.fixture.ts";
import { commandLine, scratchDirectory, startCommand } from "../run-command.test.fixture.ts";

const kib = 1024;

/** Two layers, of which the second stops coming half-way until it is let go. */
async function offer(): Promise<{ registry: FakeRegistry; image: string; letGo: () => void }> {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  const layers = [100, 400].map((size) => ({
    compression: "none" as const,
    files: [{ kind: "file" as const, name: `data-${size}`, content: Buffer.alloc(size * kib, size) }],
  }));
  const image = makeImage({ platforms: [{ platform: "linux/amd64", layers }] });
  registry.putImage("app", "1", image);
  const second = image.platforms[0]?.layers[1]?.descriptor.digest ?? "";
  const fault = registry.wrap(when(new RegExp(second), stallAfter(200 * kib)));
  return { registry, image: `${registry.host}/app:1`, letGo: () => fault[Symbol.dispose]() };
}

test("a pull is shown in place while it goes on, and Ctrl-C ends it cleanly", async () => {
  const { image } = await offer();
  const root = join(await scratchDirectory(), "store");
  const pull = commandLine(["pull", "--root", root, "--plain-http", "--platform", "linux/amd64", image]);
  const terminal = runInTerminal(pull, { rows: 24, columns: 80 });
  await expect.poll(() => terminal.screen().join("\n")).toMatch(/fetching .* 2\d\d\.\d\//);
  await expect.poll(() => terminal.screen().join("\n")).toMatch(/done/);
  const rate = / +\d+(?:\.\d)? \w+\/s(?: +[\dhms.]+)?$/;
  expect(terminal.screen().map((line) => line.replace(rate, "").replaceAll(/[0-9a-f]{12}/g, "(digest)"))).toEqual([
    `Pulling ${image}`,
    "  (digest)  done      ███████████████         101.5 KiB",
    "  (digest)  fetching  ███████░░░░░░░░   200.0/401.5 KiB",
  ]);
  terminal.type("\u0003");
  expect(await terminal.exited).toBe(130);
  const [last = ""] = terminal.screen().slice(-1);
  expect(last).toBe("stowage: stopped; what had arrived is kept for the next try");
  expect(terminal.screen().join("\n")).not.toContain("fetching");
});

test("what is done leaves one line, and the answer under it", async () => {
  const { image, letGo } = await offer();
  letGo();
  const root = join(await scratchDirectory(), "store");
  const pull = commandLine(["pull", "--root", root, "--plain-http", "--platform", "linux/amd64", image]);
  const terminal = runInTerminal(pull, { rows: 10, columns: 60 });
  expect(await terminal.exited).toBe(0);
  const [summary = "", ...rest] = terminal.screen();
  expect(`${summary}${rest.slice(0, -2).join("")}`).toMatch(/^Pulled .*\/app:1: 50\d\.\d KiB in \d\.\ds, .*\/s$/);
  expect(rest.slice(-2).join("")).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test("a second signal ends it at once", async () => {
  const { registry, image } = await offer();
  const root = join(await scratchDirectory(), "store");
  const child = startCommand(["pull", "--root", root, "--plain-http", "--platform", "linux/amd64", image]);
  const err = text(child.stderr);
  await expect.poll(() => registry.requests.some(({ path }) => path.includes("/blobs/"))).toBe(true);
  child.kill("SIGTERM");
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([130, null]);
  expect(await err).not.toContain("bug");
});
