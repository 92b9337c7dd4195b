import { readdir, readFile, readlink } from "node:fs/promises";

/** What a process holds. */
export interface ProcessLook {
  /** Bytes. */
  readonly resident: number;
  readonly descriptors: number;
  /** How many of them are sockets, and how many are of each path. */
  readonly opened: Readonly<Record<string, number>>;
  /** In its mount namespace, below one directory. */
  readonly mounts: number;
  readonly threads: number;
}

/** `below` is the directory whose mounts are counted: others may come and go at any time. */
export async function lookAt(pid: number, below: string): Promise<ProcessLook> {
  const [status, descriptors, mounts] = await Promise.all([
    readFile(`/proc/${pid}/status`, "utf8"),
    readdir(`/proc/${pid}/fd`),
    readFile(`/proc/${pid}/mountinfo`, "utf8"),
  ]);
  return {
    resident: fieldOf(status, "VmRSS") * 1024,
    descriptors: descriptors.length,
    opened: await countKinds(pid, descriptors),
    mounts: mounts.split("\n").filter((line) => line.includes(` ${below}`)).length,
    threads: fieldOf(status, "Threads"),
  };
}

function fieldOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
}

/** One that is closed meanwhile is not told. */
async function countKinds(pid: number, descriptors: readonly string[]): Promise<Record<string, number>> {
  const links = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => undefined)),
  );
  const kinds = links.flatMap((link) => (link === undefined ? [] : [link.replace(/^(socket|pipe):.*$/, "$1")]));
  return Object.fromEntries([...Map.groupBy(kinds, (kind) => kind)].map(([kind, { length }]) => [kind, length]));
}
