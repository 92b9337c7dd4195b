/** A number that stays with a file or directory through every rename. The root is `rootInode`. */
export type Inode = number;

export const rootInode: Inode = 0;

/** A name in a directory, as latin1 text: one character a byte, whatever the bytes are. */
export interface Entry {
  readonly directory: Inode;
  readonly name: string;
}

/** What a new inode is. A target is latin1 text, as names are. */
export type NewNode =
  | { readonly kind: "file" }
  | { readonly kind: "directory" }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "fifo" }
  | {
      readonly kind: "device";
      readonly type: "character" | "block";
      readonly major: number;
      readonly minor: number;
    };

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What changes of an inode's attributes; an extended attribute of `undefined` goes. Times are not followed. */
export interface AttributeChange {
  readonly mode?: number;
  readonly owner?: Partial<Owner>;
  readonly xattr?: { readonly name: string; readonly value: Uint8Array | undefined };
}

/** `path` is relative to the root, from when the call was made; it is for people, the model goes by inodes. */
interface Named {
  readonly path: string;
  readonly inode: Inode;
}

/** Without `at` the file has no name yet (`O_TMPFILE`). */
export interface MakeCall extends Named {
  readonly kind: "make";
  readonly at: Entry | undefined;
  readonly node: NewNode;
  readonly mode: number;
}

export interface LinkCall extends Named {
  readonly kind: "link";
  readonly at: Entry;
}

/** `inode` goes from `from` to `to`, and `exchanged`, where there is one, the other way. */
export interface RenameCall extends Named {
  readonly kind: "rename";
  readonly oldPath: string;
  readonly from: Entry;
  readonly to: Entry;
  readonly exchanged?: Inode;
}

/** `unlink` and `rmdir`. */
export interface RemoveCall extends Named {
  readonly kind: "remove";
  readonly at: Entry;
}

export interface WriteCall extends Named {
  readonly kind: "write";
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface TruncateCall extends Named {
  readonly kind: "truncate";
  readonly size: number;
}

/** `fallocate`: the file is at least `size` bytes afterwards; 0 where it was to keep its size. */
export interface AllocateCall extends Named {
  readonly kind: "allocate";
  readonly size: number;
}

export interface AttributesCall extends Named {
  readonly kind: "attributes";
  readonly change: AttributeChange;
}

/** `fsync` (`all`) or `fdatasync` (`data`). It `covers` only as many calls as had ended when it began. */
export interface SyncCall extends Named {
  readonly kind: "sync";
  readonly what: "all" | "data";
  readonly covers: number;
}

/** `syncfs` or `sync`. */
export interface SyncAllCall {
  readonly kind: "sync-all";
  readonly covers: number;
}

/** A line that the process wrote to the file of marks: something it has acknowledged. */
export interface Mark {
  readonly kind: "mark";
  readonly text: string;
}

export type NameCall = MakeCall | LinkCall | RenameCall | RemoveCall;
export type DataCall = WriteCall | TruncateCall | AllocateCall;

/** One effect of one system call below the root, or something that decides which effects last. */
export type FileCall = NameCall | DataCall | AttributesCall | SyncCall | SyncAllCall | Mark;

export function isNameCall(call: FileCall): call is NameCall {
  return call.kind === "make" || call.kind === "link" || call.kind === "rename" || call.kind === "remove";
}

export function isDataCall(call: FileCall): call is DataCall {
  return call.kind === "write" || call.kind === "truncate" || call.kind === "allocate";
}
