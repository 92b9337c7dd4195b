import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Recording, recordFileCalls } from "./record-file-calls.ts";

export interface Recorded extends AsyncDisposable {
  readonly recording: Recording;
  readonly root: string;
  /** A name in which nothing is yet. */
  scratch(): string;
}

/**
 * Runs a small program under `strace`. It finds `fs`, its empty directory as `root` and `acknowledge(text)`, which marks
 * what it has done; `prepare` fills the directory before.
 */
export async function recordProgram(code: string, prepare?: (root: string) => void): Promise<Recorded> {
  await using ending = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "crash-replay-test-"));
  ending.defer(async () => await rm(directory, { recursive: true }));
  const root = join(directory, "root");
  const marks = join(directory, "marks");
  await mkdir(root);
  prepare?.(root);
  const args = ["--input-type=module", "--eval", prelude + code, root, marks];
  const recording = await recordFileCalls({ command: process.execPath, args, root, marks, cwd: directory });
  const kept = ending.move();
  let scratches = 0;
  return {
    recording,
    root,
    scratch: () => join(directory, `scratch-${scratches++}`),
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  };
}

const prelude = `
  import fs from "node:fs";
  const [root, marks] = process.argv.slice(1);
  const acknowledge = (text) => fs.appendFileSync(marks, text + "\\n");
`;
