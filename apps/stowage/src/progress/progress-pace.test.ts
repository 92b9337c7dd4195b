import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Output, Terminal } from "../terminal.ts";
import { openProgress } from "./progress.ts";

const words = { doing: "Pulling", did: "Pulled", what: "app:1", item: "layer" };
const mib = 1024 * 1024;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A stderr that counts what is written to it; it is a terminal, or it is not. */
function open({ isTTY }: { readonly isTTY: boolean }): { terminal: Terminal; written: string[] } {
  const written: string[] = [];
  const stderr: Output = Object.assign(new PassThrough(), { isTTY, columns: 80, rows: 24 });
  stderr.on("data", (chunk: Buffer) => void written.push(chunk.toString("utf8")));
  const { signal } = new AbortController();
  return { terminal: new Terminal({ stdout: new PassThrough(), stderr, signal }), written };
}

/** Fetches a layer of 100 MiB at 1 MiB a second, with news every five milliseconds. */
async function fetchFor(seconds: number, progress: ReturnType<typeof openProgress>): Promise<Disposable> {
  const work = progress.start(words);
  for (let at = 0; at <= seconds * 1000; at += 5) {
    const bytes = (at * mib) / 1000;
    work.report({ id: "a", label: "aaaa", phase: "fetching", kind: "moving", bytes, size: 100 * mib });
    await vi.advanceTimersByTimeAsync(5);
  }
  work.end();
  return work;
}

test("a terminal is drawn at most fifteen times a second, and not at all where nothing changes", async () => {
  vi.stubEnv("TERM", "xterm");
  const { terminal, written } = open({ isTTY: true });
  using progress = openProgress(terminal, { quiet: false });
  using _ = await fetchFor(2, progress);
  expect(written.length).toBeGreaterThan(10);
  expect(written.length).toBeLessThanOrEqual(32);
  const { length } = written;
  await vi.advanceTimersByTimeAsync(5000);
  expect(written).toHaveLength(length);
  vi.unstubAllEnvs();
});

test("what is no terminal gets a line each ten seconds, and one at the end", async () => {
  const { terminal, written } = open({ isTTY: false });
  using progress = openProgress(terminal, { quiet: false });
  using _ = await fetchFor(25, progress);
  await vi.advanceTimersByTimeAsync(1);
  expect(written).toEqual([
    expect.stringMatching(
      /^Pulling app:1: 0\/1 layers done, (?:9\.9|10\.0)\/100\.0 MiB, \d+\.\d \w+\/s, \d+m?\d*s left\n$/,
    ),
    expect.stringMatching(/^Pulling app:1: 0\/1 layers done, (?:19\.9|20\.0)\/100\.0 MiB, /),
    expect.stringMatching(/^Pulled app:1: 25\.0 MiB in 25s, \d+\.\d \w+\/s\n$/),
  ]);
});

test("quiet is quiet", async () => {
  for (const isTTY of [true, false]) {
    const { terminal, written } = open({ isTTY });
    using progress = openProgress(terminal, { quiet: true });
    using _ = await fetchFor(11, progress);
    expect(written).toEqual([]);
  }
});
