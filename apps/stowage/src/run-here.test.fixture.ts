import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { defaultSettings } from "@stowage/config";
import { type FakeImage, type FakeRegistry, startRegistry } from "@stowage/registry-fake";
import { startDaemon } from "@stowage/stowaged";
import { expect, onTestFinished } from "vitest";
import { main } from "./command-line.ts";
import { scratchDirectory } from "./run-command.test.fixture.ts";
import { Terminal } from "./terminal.ts";
import { allVerbs } from "./verbs/all-verbs.ts";
import { undocumentedIn } from "./verbs/answered-fields.test.fixture.ts";

export interface EndedHere {
  readonly code: number;
  readonly out: Buffer;
  readonly err: string;
}

/** Runs the command in this process, which takes less time than a process of its own. */
export async function runHere(
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<EndedHere> {
  const [stdout, stderr] = [collector(), collector()];
  const code = await main(args, new Terminal({ stdout, stderr, signal }));
  return { code, out: stdout.bytes(), err: stderr.bytes().toString() };
}

/** A stream that keeps what it is written. */
export function collector(): Writable & { readonly bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  const writable = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return Object.assign(writable, { bytes: () => Buffer.concat(chunks) });
}

/** A store, with a daemon that holds it or without. */
export interface Place {
  readonly directory: string;
  /** The options that name it. */
  readonly place: readonly string[];
  readonly registry: FakeRegistry;
  readonly run: (...args: readonly string[]) => Promise<EndedHere>;
  /** What it prints where all goes well. */
  readonly print: (...args: readonly string[]) => Promise<string>;
  /** Its answer as JSON, of which every field is documented. */
  readonly ask: (...args: readonly string[]) => Promise<unknown>;
  /** Pulls an image from a registry, as `path:1`; the name that it has here. */
  readonly pull: (path: string, made: FakeImage) => Promise<string>;
}

/** A fresh store of its own. */
export async function openPlace({ daemon }: { readonly daemon: boolean }): Promise<Place> {
  const directory = await scratchDirectory();
  await mkdir(join(directory, "out"));
  const [root, address] = [join(directory, "store"), join(directory, "s.sock")];
  const [runRoot, config] = [join(directory, "run"), join(directory, "place.toml")];
  await writeFile(config, `run_root = "${runRoot}"\n`);
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  if (daemon) {
    const running = await startDaemon({ ...defaultSettings, root, address, runRoot });
    onTestFinished(() => running[Symbol.asyncDispose]());
  }
  const place = ["--root", root, "--address", address, "--config", config];
  const run = (...[verb = "", ...rest]: readonly string[]) => runHere([verb, ...place, ...rest]);
  const print = async (...args: readonly string[]) => {
    const ended = await run(...args);
    expect(ended.code, `${args.join(" ")}: ${ended.err}`).toBe(0);
    return ended.out.toString();
  };
  const pull = async (path: string, made: FakeImage) => {
    registry.putImage(path, "1", made);
    const name = `${registry.host}/${path}:1`;
    await print("pull", "--plain-http", "--quiet", "--platform", "linux/amd64", name);
    return name;
  };
  const ask = async (...args: readonly string[]): Promise<unknown> => {
    const answer: unknown = JSON.parse(await print(...args, "--json"));
    const verb = allVerbs.map((make) => make()).find((each) => each.name() === args[0]);
    expect(undocumentedIn(answer, verb?.fields ?? {}), args.join(" ")).toEqual([]);
    return answer;
  };
  return { directory, place, registry, run, print, ask, pull };
}
