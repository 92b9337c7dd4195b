import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** A directory on a file system that nobody has written to before, gone after use; as an ordinary user, on the one that is there. */
export interface Scratch extends AsyncDisposable {
  readonly directory: string;
  readonly isFresh: boolean;
}

export async function makeScratch(bytes: number): Promise<Scratch> {
  await using making = new AsyncDisposableStack();
  const base = await mkdtemp(join(tmpdir(), "stowage-bench-"));
  making.defer(() => rm(base, { recursive: true, force: true }));
  const directory = join(base, "mnt");
  await mkdir(directory);
  const isFresh = process.getuid?.() === 0;
  if (isFresh) {
    await run("truncate", ["-s", String(bytes), join(base, "disk")]);
    await run("mkfs.ext4", ["-q", join(base, "disk")]);
    await run("mount", ["-o", "loop", join(base, "disk"), directory]);
    making.defer(() => run("umount", ["--recursive", directory])); // with what a daemon that was cut off left mounted
  }
  const made = making.move();
  return { directory, isFresh, [Symbol.asyncDispose]: () => made.disposeAsync() };
}

/** In a process group of its own, so that no Ctrl-C cuts it off half-way. */
async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  if (code !== 0) throw new Error(`Cannot run ${program}: it ended with ${String(code)}: ${said}`);
}
