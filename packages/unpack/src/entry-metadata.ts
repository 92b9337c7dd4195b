import { isErrno } from "@stowage/errors";
import {
  changeMode,
  changeModeAt,
  changeOwner,
  changeOwnerAt,
  type FileStatus,
  isPrivileged,
  listXattrs,
  removeXattr,
  setTimes,
  setTimesAt,
  setXattr,
  type Times,
  type XattrTarget,
} from "@stowage/linux";
import type { TarEntry } from "@stowage/tar";
import type { LayerPlace } from "./layer-tree.ts";

/**
 * Owner, then mode, which chown would lessen, then xattrs, some of which (capabilities) chown would drop; each where it is not so
 * already. Without privilege files stay the unpacker's own, and directories stay open to it, as a later removal needs. Returns
 * whether more than that changed, namely the disk that it takes.
 */
export function describeOpen(fd: number, entry: TarEntry, status: FileStatus): boolean {
  const isOthers = privileged && (status.uid !== entry.uid || status.gid !== entry.gid);
  if (isOthers) changeOwner(fd, entry);
  const mode = !privileged && entry.kind === "directory" ? entry.mode | 0o700 : entry.mode;
  if (isOthers || status.mode !== mode) changeMode(fd, mode);
  setXattrs(fd, entry);
  return entry.xattrs.size > 0;
}

/** The same, and the times, for what is not opened; `status` is that of what was there before. Nothing is followed. */
export function describeAt({ dirFd, name }: LayerPlace, entry: TarEntry, status?: FileStatus): void {
  if (privileged && (status?.uid !== entry.uid || status.gid !== entry.gid)) changeOwnerAt(dirFd, name, entry);
  if (entry.kind !== "symlink") changeModeAt(dirFd, name, entry.mode);
  if (entry.xattrs.size > 0) setXattrs(Buffer.concat([Buffer.from(`/proc/self/fd/${dirFd}/`), name]), entry);
  setTimesAt(dirFd, name, timesOf(entry.mtime));
}

/** Takes off what an entry has put on a directory, for one that describes it anew; not the kernel's own labels. */
export function removeXattrs(fd: number): void {
  for (const name of listXattrs(fd)) if (!String(name).startsWith("security.")) removeXattr(fd, name);
}

const privileged = isPrivileged();

export function setFileTimes(fd: number, mtime: bigint): void {
  setTimes(fd, timesOf(mtime));
}

/** The times of an entry, brought into what the kernel's 64 bits of nanoseconds can say: 1677 to 2262. */
function timesOf(mtime: bigint): Times {
  const modified = mtime < minTime ? minTime : mtime > maxTime ? maxTime : mtime;
  return { accessed: modified, modified };
}

const minTime = -(2n ** 63n);
const maxTime = 2n ** 63n - 1n;

/** The ACL that a directory passes on, which must not be there while the layer is unpacked into it. */
export const defaultAcl = "system.posix_acl_default";

function setXattrs(target: XattrTarget, entry: TarEntry): void {
  for (const [name, value] of entry.xattrs) {
    if (isOverlays(name) || name === defaultAcl) continue;
    try {
      setXattr(target, Buffer.from(name, "latin1"), value);
    } catch (error) {
      if (!isDispensable(error, name, entry)) throw error;
    }
  }
}

/** What overlayfs keeps to itself: a layer that brings it along would steer the mount. */
function isOverlays(name: string): boolean {
  return name.startsWith("trusted.overlay.") || name.startsWith("user.overlay.");
}

/** Not every file system has every xattr, and devices, fifos and symlinks hardly any. */
function isDispensable(error: unknown, name: string, { kind }: TarEntry): boolean {
  if (isErrno(error, "ENOTSUP") || (!privileged && isErrno(error, "EPERM"))) return true;
  const isPlain = kind === "file" || kind === "directory" || kind === "hardlink";
  return isErrno(error, "EPERM") && (!isPlain || name.startsWith("trusted."));
}
