import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { IdMap, IdRange } from "@stowage/oci";

/** A user namespace, kept by an open file. */
export interface UserNamespace extends Disposable {
  readonly fd: number;
}

/**
 * Makes a user namespace with these ids. A process with threads cannot enter one, so a child does, by unshare(1), and ends
 * before this returns. Fails with `failed-precondition` where the machine or the rights of this process do not allow it.
 */
export async function openUserNamespace(map: IdMap, { signal }: AbortOptions = {}): Promise<UserNamespace> {
  signal?.throwIfAborted();
  const child = spawn("unshare", ["--user", "--", "cat"], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = endOf(child);
  try {
    const pid = await Promise.race([echo(child), ended]);
    writeFileSync(`/proc/${pid}/gid_map`, linesOf(map.gids));
    writeFileSync(`/proc/${pid}/uid_map`, linesOf(map.uids));
    const fd = openSync(`/proc/${pid}/ns/user`, "r");
    return { fd, [Symbol.dispose]: () => closeSync(fd) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it failed";
    throw new StowageError("failed-precondition", `Cannot make a user namespace: ${why}`, { cause });
  } finally {
    child.kill("SIGKILL");
    await ended.catch(() => undefined);
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** What `cat` says again, it says from inside the namespace. */
async function echo(child: Child): Promise<number> {
  child.stdin.on("error", () => undefined); // the end of the child says more
  child.stdin.write("here");
  await once(child.stdout, "data");
  if (child.pid === undefined) throw new Error("it was not started");
  return child.pid;
}

/** Fails when the child has ended, which is before its time. */
async function endOf(child: Child): Promise<never> {
  let said = "";
  const closed = once(child, "close"); // first: a child that was not started has no streams, and says so later
  closed.catch(() => undefined);
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  await closed;
  throw new Error(said.trim() || "unshare ended");
}

/** As uid_map and gid_map take them. */
function linesOf(ranges: readonly IdRange[]): string {
  return ranges.map(({ inside, outside, length }) => `${inside} ${outside} ${length}\n`).join("");
}
