import { once } from "node:events";
import { mkdir, unlink } from "node:fs/promises";
import type { Server } from "node:net";
import { dirname } from "node:path";
import { isAnswered } from "@stowage/cri-api";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";

/**
 * Lets `server` listen on a unix socket that only its owner can open. A socket file that nobody answers on is
 * replaced; where somebody does, it fails with `failed-precondition`.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    if (await isAnswered(path)) throw inUse(path);
    await unlink(path).catch(ignoreMissing);
    await listen(server, path);
  } catch (error) {
    if (isErrno(error, "EADDRINUSE")) throw inUse(path);
    if (isErrno(error, "EINVAL"))
      throw new StowageError("invalid-argument", `Cannot listen on "${path}": a socket's path has at most 107 bytes`);
    throw asStorageError(error, `listen on "${path}"`);
  }
}

/** The file is made during the call, and so with the mode that the umask of that moment leaves. */
async function listen(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o177);
  const listening = once(server, "listening");
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await listening;
}

function inUse(path: string): StowageError {
  return new StowageError("failed-precondition", `Cannot listen on "${path}": another server answers there`);
}

function ignoreMissing(error: unknown): void {
  if (!isErrno(error, "ENOENT")) throw error;
}
