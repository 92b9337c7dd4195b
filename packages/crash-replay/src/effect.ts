import {
  type AttributesCall,
  type DataCall,
  type FileCall,
  type Inode,
  isDataCall,
  isNameCall,
  type NameCall,
  rootInode,
  type SyncAllCall,
  type SyncCall,
} from "./file-call.ts";
import type { Part } from "./names.ts";
import { type Directory, walkTree } from "./tree.ts";

/**
 * What a power cut may do.
 *
 * - `ext4`: as with `data=ordered` and delayed allocation. Names and attributes last in their order up to some moment; data
 *   may be missing that is older than that, because it is written when it is allocated.
 * - `posix`: what the standard allows. Whatever was not synced may be missing, whatever else is there.
 */
export type CrashModel = "ext4" | "posix";

/** What a power cut takes or leaves. */
export interface Effect {
  /** The index of its call. */
  readonly call: number;
  readonly part: Part;
  readonly of: NameCall | DataCall | AttributesCall;
}

/** Cuts calls into effects, one after the other in their order. */
export class EffectCutter {
  readonly #model: CrashModel;
  readonly #directories = new Set<Inode>([rootInode]);

  constructor(before: Directory, model: CrashModel) {
    this.#model = model;
    for (const [, { kind, inode }] of walkTree(before)) if (kind === "directory") this.#directories.add(inode);
  }

  isDirectory(inode: Inode): boolean {
    return this.#directories.has(inode);
  }

  /** POSIX does not say that a file leaves one directory only when it is durable in the other. */
  cut(of: FileCall, call: number): readonly Effect[] {
    if (of.kind === "make" && of.node.kind === "directory") this.#directories.add(of.inode);
    if (!isEffect(of)) return [];
    if (this.#model === "ext4" || !this.#crossesDirectories(of)) return [{ call, part: "whole", of }];
    return [
      { call, part: "added", of },
      { call, part: "removed", of },
    ];
  }

  #crossesDirectories(call: Effect["of"]): boolean {
    if (call.kind !== "rename" || call.exchanged !== undefined || this.isDirectory(call.inode)) return false;
    return call.from.directory !== call.to.directory;
  }
}

export function isEffect(call: FileCall): call is Effect["of"] {
  return isNameCall(call) || isDataCall(call) || call.kind === "attributes";
}

export function isSync(call: FileCall): call is SyncCall | SyncAllCall {
  return call.kind === "sync" || call.kind === "sync-all";
}

/** The directories in which an effect changes a name. */
export function directoriesOf({ of, part }: Effect): readonly Inode[] {
  if (of.kind === "link" || of.kind === "remove") return [of.at.directory];
  if (of.kind === "make") return of.at === undefined ? [] : [of.at.directory];
  if (of.kind !== "rename") return [];
  if (part === "added") return [of.to.directory];
  return part === "removed" ? [of.from.directory] : [of.from.directory, of.to.directory];
}

/** For people: "rename of a to b". */
export function describeEffect({ of, part }: Effect): string {
  switch (of.kind) {
    case "rename":
      return `${renamePart[part]} ${of.oldPath} to ${of.path}`;
    case "write":
      return `${of.bytes.byteLength} bytes at ${of.offset} of ${of.path}`;
    case "make":
      return `the making of ${of.path}`;
    case "link":
    case "remove":
    case "truncate":
    case "allocate":
    case "attributes":
      return `${of.kind} of ${of.path}`;
  }
}

const renamePart = { whole: "rename of", added: "the new name in the rename of", removed: "the end of the rename of" };
