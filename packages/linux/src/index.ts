export { allocateFile } from "./allocate.ts";
export { bootId, bootSeconds } from "./boot.ts";
export { forbidCoreDumps } from "./core-dumps.ts";
export { type DataExtent, findData } from "./data-extent.ts";
export { sendDatagram } from "./datagram.ts";
export {
  linkAt,
  makeDirAt,
  makeNodeAt,
  type Node,
  nodeKinds,
  type Place,
  readLinkAt,
  renameAt,
  symlinkAt,
  unlinkAt,
} from "./directory-entry.ts";
export { exitAtOnce } from "./exit-at-once.ts";
export { findXattr, listXattrs, removeXattr, setXattr, type XattrTarget } from "./extended-attribute.ts";
export {
  changeMode,
  changeModeAt,
  changeOwner,
  changeOwnerAt,
  type Owner,
  setTimes,
  setTimesAt,
  type Times,
} from "./file-attributes.ts";
export { type FileLock, LockHeldError, lockFile, waitForFileLock } from "./file-lock.ts";
export { type FileKind, type FileStatus, statAt, statFd } from "./file-status.ts";
export { type Durability, type Flusher, type FlusherOptions, type FlushScope, openFlusher } from "./flusher.ts";
export { type ContinueCrc64, findIsalCrc64, type GzipInflater, type Inflated, startIsalInflater } from "./isal.ts";
export { cgroupHierarchies, joinCgroup } from "./join-cgroup.ts";
export { makeDirectory } from "./make-directory.ts";
export { type MountRequest, mount, mountAll, unmount } from "./mount.ts";
export { type DetachedOverlay, openDetachedOverlay } from "./mount-overlay.ts";
export { type MountEntry, mountHolding, parseMountInfo, readMounts } from "./mount-table.ts";
export {
  type OpenBeneathOptions,
  type OpenOptions,
  openAt,
  openBeneath,
  openFlags,
  type Resolution,
  workingDirectory,
} from "./open.ts";
export { type Path } from "./path-bytes.ts";
export { isMachineRoot, isPrivileged } from "./privilege.ts";
export {
  type HashCheckpoint,
  isHashCheckpoint,
  type ResumableHash,
  type Sha2,
  startResumableHash,
} from "./resumable-hash.ts";
export { trimMemory } from "./trim-memory.ts";
export { openUserNamespace, type UserNamespace } from "./user-namespace.ts";
export { writeAt, writeText } from "./write-file.ts";
