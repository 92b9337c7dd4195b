import type { BigIntStats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { type AbortOptions, ifThere } from "@stowage/errors";
import type { Usage } from "@stowage/snapshots";

/** The disk that a tree takes, its root included and hard links once. What comes and goes meanwhile may be missed. */
export async function measureTree(root: string, { signal }: AbortOptions = {}): Promise<Usage> {
  const seen = new Set<bigint>();
  let blocks = 0n;
  const waiting = [Buffer.from(root)];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    signal?.throwIfAborted();
    const children = await childrenOf(path);
    const statuses = [...(seen.size === 0 ? [await findStatus(path)] : []), ...(await findStatuses(children))];
    for (const status of statuses) {
      if (status === undefined || seen.has(status.ino)) continue;
      seen.add(status.ino);
      blocks += status.blocks;
    }
    waiting.push(...children.filter((_, at) => statuses.at(at - children.length)?.isDirectory() === true));
  }
  return { bytes: Number(blocks) * 512, inodes: seen.size };
}

async function childrenOf(directory: Buffer): Promise<readonly Buffer<ArrayBuffer>[]> {
  const names = await ifThere(readdir(directory, { encoding: "buffer" }));
  return (names ?? []).map((name) => Buffer.concat([directory, slash, name]));
}

/** Several at once: the threads that ask wait for each other otherwise. */
async function findStatuses(paths: readonly Buffer[]): Promise<readonly (BigIntStats | undefined)[]> {
  const statuses: (BigIntStats | undefined)[] = [];
  for (let at = 0; at < paths.length; at += batch) {
    statuses.push(...(await Promise.all(paths.slice(at, at + batch).map(findStatus))));
  }
  return statuses;
}

function findStatus(path: Buffer): Promise<BigIntStats | undefined> {
  return ifThere(lstat(path, { bigint: true }));
}

const batch = 64;

const slash = Buffer.from("/");
