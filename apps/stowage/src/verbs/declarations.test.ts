import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { main } from "../command-line.ts";
import { createProgram, listedVerbs } from "../program.ts";
import { Terminal } from "../terminal.ts";
import { groups } from "./groups.ts";

/** What the command prints and tells in this process. */
async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough({ encoding: "utf8" }), new PassThrough({ encoding: "utf8" })];
  const code = await main(args, new Terminal({ stdout, stderr, signal: new AbortController().signal }));
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

const { signal } = new AbortController();
const verbs = listedVerbs(createProgram(new Terminal({ stdout: process.stdout, stderr: process.stderr, signal })));

describe.for(verbs.map((verb) => ({ name: verb.name(), verb })))("$name", ({ name, verb }) => {
  test("has a group, a sentence, and an example that begins with it", () => {
    expect(Object.values<string>(groups)).toContain(verb.helpGroup());
    expect(verb.description()).toMatch(/^[A-Z].*[^.]$/);
    expect(verb.examples.map(({ line }) => line).join("\n")).toMatch(new RegExp(`stowage ${name}\\b`));
  });

  test("explains itself on a screen", async () => {
    const { code, out } = await run(name, "--help");
    expect(code).toBe(0);
    const lines = out.split("\n");
    expect(lines.length).toBeLessThanOrEqual(41);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect((await run("help", name)).out).toBe(out);
  });
});

test("the whole explains itself", async () => {
  const { out } = await run("--help");
  expect(Math.max(...out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  for (const verb of verbs) expect(out).toMatch(new RegExp(`^ {2}${verb.name()} `, "m"));
});

test.for([
  { args: ["pul", "x"], says: "stowage: unknown command 'pul'; Did you mean pull?\n" },
  { args: ["help", "imagse"], says: "stowage: unknown command 'imagse'; Did you mean images?\n" },
  { args: ["pull", "x", "--plain-htp"], says: "stowage: unknown option '--plain-htp'; Did you mean --plain-http?\n" },
  { args: ["pull"], says: "stowage: missing required argument 'image'\n" },
])("$args is told wrong, and hears what may be meant", async ({ args, says }) => {
  expect(await run(...args)).toEqual({ code: 2, out: "", err: says });
});

test("without a verb it explains itself, and fails", async () => {
  const { code, err } = await run();
  expect({ code, err }).toEqual({ code: 2, err: (await run("--help")).out });
});
