import { createHash } from "node:crypto";
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { findXattr, listXattrs } from "@stowage/linux";

/**
 * A tree of files in lines of text, a line for each, so that two trees are the same where their texts are: paths, kinds, modes,
 * owners, contents, links and extended attributes; not times, which no replay of a power cut keeps.
 */
export function describeTree(root: string): string {
  return [...describeEntry(Buffer.from(root), { path: ".", first: new Map() })].join("\n");
}

interface Place {
  readonly path: string;
  /** Where an inode was met first. */
  readonly first: Map<bigint, string>;
}

function* describeEntry(at: Buffer, { path, first }: Place): Generator<string, void, undefined> {
  const status = lstatSync(at, { bigint: true });
  const linked = first.get(status.ino);
  first.set(status.ino, linked ?? path);
  const { mode, uid, gid, rdev } = status;
  const content = linked === undefined ? contentOf(at, status) : `is ${linked}`;
  yield [path, mode.toString(8), `${uid}:${gid}`, rdev, content, ...xattrsOf(at)].join(" ");
  if (!status.isDirectory()) return;
  const names = readdirSync(at, { encoding: "buffer" }).toSorted((one, another) => Buffer.compare(one, another));
  for (const name of names) {
    yield* describeEntry(Buffer.concat([at, slash, name]), { path: `${path}/${name.toString("latin1")}`, first });
  }
}

const slash = Buffer.from("/");

function contentOf(at: Buffer, status: BigIntStats): string {
  if (status.isSymbolicLink()) return `-> ${readlinkSync(at)}`;
  return status.isFile() ? createHash("sha256").update(readFileSync(at)).digest("hex") : "";
}

function xattrsOf(at: Buffer): readonly string[] {
  const names = listXattrs(at).toSorted((one, another) => Buffer.compare(one, another));
  return names.map((name) => `${name.toString("latin1")}=${findXattr(at, name)?.toString("hex")}`);
}
