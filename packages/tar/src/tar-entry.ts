export type TarKind = "file" | "directory" | "symlink" | "hardlink" | "character" | "block" | "fifo";

/** One member of an archive. Names are raw bytes, one per character (latin1), because they need not be UTF-8. */
export interface TarEntry {
  readonly kind: TarKind;
  /** As the archive has it: neither cleaned nor safe. */
  readonly name: string;
  /** What a symlink says, or the name that a hard link is to; `""` for others. */
  readonly linkName: string;
  /** Bytes of a file as it reads, holes included; 0 for others. */
  readonly size: number;
  /** Whether the archive has it without its holes. */
  readonly isSparse?: true;
  /** Permissions with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  /** 0 to 2^32 - 2. */
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Of a device; 0 for others. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Extended attributes by name (latin1, with the namespace: `user.x`), values as raw bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

export const noXattrs: ReadonlyMap<string, Uint8Array> = new Map();
