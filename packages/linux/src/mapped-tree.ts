import { closeSync } from "node:fs";
import { isErrno, StowageError } from "@stowage/errors";
import { call } from "./libc.ts";
import { openAt, openFlags, workingDirectory } from "./open.ts";
import { terminated } from "./path-bytes.ts";
import type { UserNamespace } from "./user-namespace.ts";

/** A copy of a mount that is attached nowhere. Its files look as if they were those of the users of a namespace. */
export interface MappedTree extends Disposable {
  readonly fd: number;
}

export interface MapOptions {
  readonly userNamespace: UserNamespace;
  /** MOUNT_ATTR_… that the copy gets. */
  readonly attributes?: number;
  /** Whether the mounts below come along. */
  readonly recursive?: boolean;
}

/** Copies the mount at `path`. Fails with `failed-precondition` where the kernel or the file system maps no ids. */
export function openMappedTree(path: string, options: MapOptions): MappedTree {
  const { userNamespace, attributes = 0, recursive = false } = options;
  try {
    const flags = cloneTree | closeOnExec | (recursive ? recursively : 0);
    const fd = call("open_tree", [workingDirectory, terminated(path), flags], path);
    const tree = { fd, [Symbol.dispose]: () => closeSync(fd) };
    try {
      setAttributes(fd, { userNamespace, attributes, recursive });
    } catch (error) {
      tree[Symbol.dispose]();
      throw error;
    }
    return tree;
  } catch (cause) {
    if (!isErrno(cause, "EINVAL", "EPERM", "ENOSYS", "EOPNOTSUPP")) throw cause;
    const why = "this kernel, its file system or the rights of this process do not allow it";
    throw new StowageError("failed-precondition", `Cannot map the ids of "${path}": ${why}`, { cause });
  }
}

/** Opens a directory below the place that was copied. Whoever calls closes it. */
export function openInTree(tree: MappedTree, path: string): number {
  return openAt(tree.fd, path, { flags: openFlags.readOnly | openFlags.directory });
}

function setAttributes(fd: number, { userNamespace, attributes, recursive }: Required<MapOptions>): void {
  const words = [BigInt(mapIds | attributes), 0n, 0n, BigInt(userNamespace.fd)];
  const arguments_ = new Uint8Array(new BigUint64Array(words).buffer);
  const flags = emptyPath | (recursive ? recursively : 0);
  call("mount_setattr", [fd, terminated(""), flags, arguments_, arguments_.byteLength]);
}

/** OPEN_TREE_CLONE, O_CLOEXEC, AT_RECURSIVE, AT_EMPTY_PATH, MOUNT_ATTR_IDMAP */
const cloneTree = 1;
const closeOnExec = 0o2000000;
const recursively = 0x8000;
const emptyPath = 0x1000;
const mapIds = 0x100000;
