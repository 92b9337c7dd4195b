import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { AbortOptions } from "@stowage/errors";

/** A tar of Debian's smallest root file system, made below `directory` by debootstrap, from the mirror that it is set to. */
export async function* debianRoot(directory: string, { signal }: AbortOptions): AsyncGenerator<Uint8Array> {
  const root = join(directory, "root");
  try {
    // What it mounts inside goes with the namespace, also where it is cut off.
    const made = run(["unshare", "--mount", "debootstrap", "--variant=minbase", "bookworm", root], signal);
    made.stdout.resume();
    await made.ended;
    const archive = run(["tar", "-c", "--numeric-owner", "--sort=name", "-C", root, "."], signal);
    yield* archive.stdout;
    await archive.ended;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function run([program = "", ...args]: readonly string[], signal: AbortSignal | undefined) {
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env, signal });
  const ended = Promise.all([once(child, "close"), text(child.stderr)]).then(([[code], said]) => {
    if (code !== 0) throw new Error(`Cannot run ${program}: it ended with ${String(code)}: ${said}`);
  });
  ended.catch(() => undefined); // told where it is awaited
  return { stdout: child.stdout, ended };
}
