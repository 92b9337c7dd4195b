import { open, rm, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { type AbortOptions, ifThere, isErrno, StowageError } from "@stowage/errors";

/** An edit takes some milliseconds, on a slow disk a second or two: what is older was left by a process that died. */
const staleMilliseconds = 10_000;

/** Longer than until a lock that was left is stale. */
const patienceMilliseconds = 20_000;

const pauseMilliseconds = 20;

/**
 * Keeps others who edit `path` out until it is disposed of, by a file beside it. Waits for another one, but not for one that was left;
 * fails with `unavailable` where the file is fought over for too long.
 */
export async function lockForEdit(path: string, { signal }: AbortOptions = {}): Promise<AsyncDisposable> {
  const lock = `${path}.stowage-lock`;
  const end = performance.now() + patienceMilliseconds;
  for (;;) {
    signal?.throwIfAborted();
    const held = await take(lock);
    if (held !== undefined) return held;
    if (performance.now() > end)
      throw new StowageError("unavailable", `Cannot change auth file ${JSON.stringify(path)}: others keep changing it`);
    await removeStale(lock);
    await delay(pauseMilliseconds * (0.5 + Math.random()));
  }
}

async function take(lock: string): Promise<AsyncDisposable | undefined> {
  try {
    await using handle = await open(lock, "wx", 0o600);
    const { ino } = await handle.stat();
    return { [Symbol.asyncDispose]: () => release(lock, ino) };
  } catch (error) {
    if (isErrno(error, "EEXIST")) return undefined;
    throw error;
  }
}

/** Unless it was taken for stale, and is another's by now. */
async function release(lock: string, ino: number): Promise<void> {
  if ((await ifThere(stat(lock)))?.ino === ino) await rm(lock, { force: true });
}

async function removeStale(lock: string): Promise<void> {
  const stats = await ifThere(stat(lock));
  if (stats !== undefined && Math.abs(Date.now() - stats.mtimeMs) > staleMilliseconds) await rm(lock, { force: true });
}
