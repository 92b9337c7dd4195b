import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { findXattr, listXattrs, readLinkAt, statAt, workingDirectory } from "@stowage/linux";

/** One line for each file of a tree: everything about it that a layer carries. Names are bytes as latin1. */
export function listTree(root: string): readonly string[] {
  return [...walk(Buffer.from(root), ".")].toSorted();
}

function* walk(path: Buffer, shown: string): Generator<string> {
  const status = statAt(workingDirectory, path);
  yield `${shown}  ${JSON.stringify(describe(path, status))}`;
  if (status.kind !== "directory") return;
  for (const name of readdirSync(path, { encoding: "buffer" })) {
    yield* walk(Buffer.concat([path, Buffer.from("/"), name]), `${shown}/${name.toString("latin1")}`);
  }
}

function describe(path: Buffer, status: ReturnType<typeof statAt>): object {
  const { kind, mode, uid, gid, mtime, size, links, deviceMajor, deviceMinor } = status;
  const common = { kind, mode: mode.toString(8), uid, gid, mtime: String(mtime), xattrs: readXattrs(path) };
  if (kind === "directory") return common;
  if (kind === "symlink") return { ...common, links, target: readLinkAt(workingDirectory, path).toString("latin1") };
  if (kind === "file") return { ...common, links, size, sha256: hash(path) };
  return { ...common, links, device: `${deviceMajor}:${deviceMinor}` };
}

function readXattrs(path: Buffer): Readonly<Record<string, string>> {
  const names = listXattrs(path).map((name) => name.toString("latin1"));
  return Object.fromEntries(names.toSorted().map((name) => [name, findXattr(path, name)?.toString("hex") ?? ""]));
}

function hash(path: Buffer): string {
  const fd = openSync(path, "r");
  try {
    return createHash("sha256").update(readFileSync(fd)).digest("hex");
  } finally {
    closeSync(fd);
  }
}
