import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A directory on a file system that nobody has written to before, gone after use; as an ordinary user, on the one that is there. */
export interface Scratch extends AsyncDisposable {
  readonly directory: string;
  readonly isFresh: boolean;
}

export async function makeScratch(bytes: number): Promise<Scratch> {
  const base = await mkdtemp(join(tmpdir(), "stowage-bench-"));
  const directory = join(base, "mnt");
  await mkdir(directory);
  const isFresh = process.getuid?.() === 0;
  if (isFresh) {
    await run("truncate", ["-s", String(bytes), join(base, "disk")]);
    await run("mkfs.ext4", ["-q", join(base, "disk")]);
    await run("mount", ["-o", "loop", join(base, "disk"), directory]);
  }
  return {
    directory,
    isFresh,
    async [Symbol.asyncDispose]() {
      if (isFresh) await run("umount", [directory]);
      await rm(base, { recursive: true, force: true });
    },
  };
}
