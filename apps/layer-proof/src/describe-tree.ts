import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { findXattr, listXattrs, statAt, workingDirectory } from "@stowage/linux";
import { formatLine, type ModelFile } from "./model-tree.ts";

export interface DescribeOptions {
  /** What stands for the content of a file. */
  readonly contentOf?: ((content: Buffer) => string) | undefined;
}

/** A tree on the disk in the lines of `describeModel`. Names are bytes, one a character. */
export function describeTree(
  root: string,
  { contentOf = (content) => content.toString("hex") }: DescribeOptions = {},
): readonly string[] {
  const found = [...walk(Buffer.from(root), "")].toSorted(([one], [another]) => (one < another ? -1 : 1));
  const first = new Map<bigint, string>();
  return found.map(([path, at]) => {
    const { kind, mode, uid, gid, mtime, inode, deviceMajor, deviceMinor, links } = statAt(workingDirectory, at);
    if (kind === "socket") throw new Error(`${path} is a socket`);
    const known = kind === "directory" || links === 1 ? undefined : first.get(inode);
    if (known === undefined) first.set(inode, path);
    const says = {
      symlink: () => `-> ${readlinkSync(at, { encoding: "buffer" }).toString("latin1")}`,
      file: () => contentOf(readFileSync(at)),
      character: () => `${deviceMajor}:${deviceMinor}`,
      block: () => `${deviceMajor}:${deviceMinor}`,
      directory: () => "",
      fifo: () => "",
    }[kind]();
    const file: ModelFile = { kind, mode, owner: `${uid}:${gid}`, mtime, says, xattrs: xattrsOf(at) };
    return formatLine(path, file, known);
  });
}

function* walk(at: Buffer, path: string): Generator<readonly [string, Buffer], void, undefined> {
  yield [path, at];
  if (!lstatSync(at).isDirectory()) return;
  for (const name of readdirSync(at, { encoding: "buffer" })) {
    const inner = name.toString("latin1");
    yield* walk(Buffer.concat([at, Buffer.from("/"), name]), path === "" ? inner : `${path}/${inner}`);
  }
}

function xattrsOf(at: Buffer): readonly string[] {
  return listXattrs(at)
    .map((name) => `${name.toString("latin1")}=${findXattr(at, name)?.toString("hex")}`)
    .toSorted();
}
