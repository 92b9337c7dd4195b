import { closeSync, openSync, readdirSync } from "node:fs";
import { isErrno } from "@stowage/errors";
import {
  changeMode,
  type FileStatus,
  makeDirAt,
  openBeneath,
  openFlags,
  readLinkAt,
  statAt,
  unlinkAt,
} from "@stowage/linux";
import { baseBytes, joinPath, parentOf, splitPath } from "./layer-path.ts";
import { maxSymlinks, type UnpackLimits } from "./limits.ts";
import { refuseEntry } from "./unpack-error.ts";

/**
 * What is known of a directory of the layer until its times are set, when all else is in. One object for as long as the
 * directory is there; one that takes its place has another.
 */
export interface DirectoryRecord {
  /** Nanoseconds since 1970; `undefined` for one that no entry describes. */
  mtime: bigint | undefined;
  /** Passed on to what is created below it, so it comes last. */
  defaultAcl: Uint8Array | undefined;
}

/** A place in the layer: the open directory and the raw name in it. */
export interface LayerPlace {
  readonly dirFd: number;
  readonly name: Buffer;
}

/**
 * The directories of a layer that is being unpacked. Paths are free of symlinks: they are resolved here, name by name
 * and inside the root, so the kernel is only ever asked for what it may not follow.
 */
export class LayerTree implements Disposable {
  /** By path; the root is `""`. Parents come before what is in them. */
  readonly directories: Map<string, DirectoryRecord> = new Map();
  /** Files of every other kind, each once however many links it has. */
  files = 0;
  /** Disk that those files take. */
  fileBytes = 0;
  /** Whether a file that had bytes made way for a later entry: then they are nowhere any more. */
  hasLostBytes = false;
  readonly #root: number;
  readonly #limits: UnpackLimits;
  readonly #open = new Map<string, number>();
  /** Where directories as archives spell them led to. True until something is removed. */
  readonly #entered = new Map<string, string>();
  /** The directory that was asked for last, and its descriptor. */
  #last: { readonly path: string; readonly fd: number } | undefined;

  constructor(directory: string, limits: UnpackLimits) {
    this.#root = openSync(directory, openFlags.readOnly | openFlags.directory | openFlags.noFollow);
    this.#limits = limits;
    this.directories.set("", unknownDirectory());
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
    closeSync(this.#root);
  }

  /** The descriptor of a directory of the layer. It is good until some further ones were asked for. */
  open(path: string): number {
    if (path === "") return this.#root;
    if (this.#last?.path === path) return this.#last.fd;
    const found = this.#open.get(path);
    const fd =
      found ??
      openBeneath(this.#root, Buffer.from(path, "latin1"), { flags: directoryFlags, resolve: "beneath-no-symlinks" });
    this.#open.delete(path);
    this.#open.set(path, fd);
    if (this.#open.size > maxOpen) this.#closeOldest();
    this.#last = { path, fd };
    return fd;
  }

  place(path: string): LayerPlace {
    return { dirFd: this.open(parentOf(path)), name: baseBytes(path) };
  }

  /** What stands at a path; `undefined` for nothing. */
  find(path: string): FileStatus | undefined {
    if (!this.directories.has(parentOf(path))) return undefined;
    const { dirFd, name } = this.place(path);
    return absentAsUndefined(() => statAt(dirFd, name));
  }

  /** Where `names` lead, symlinks of the layer followed inside it. What is missing on the way is taken for directories. */
  resolve(names: readonly string[]): string {
    return this.#walk(names, () => undefined);
  }

  /** The directory that a path of an archive leads to, made with all that is missing on the way. */
  enter(directory: string): string {
    const known = this.#entered.get(directory);
    if (known !== undefined) return known;
    const path = this.#walk(splitPath(directory), (at) => {
      if (!this.directories.has(at)) this.make(at);
    });
    if (this.#entered.size >= maxRemembered) this.#entered.clear();
    this.#entered.set(directory, path);
    return path;
  }

  /** Makes a directory that nothing describes yet. Something else in its place is refused. */
  make(path: string): void {
    this.#checkPath(path);
    const { dirFd, name } = this.place(path);
    makeDirAt(dirFd, name, 0o755);
    this.directories.set(path, unknownDirectory());
    changeMode(this.open(path), 0o755);
  }

  /** Notes what an entry says of a directory that is there. */
  describe(path: string, { mtime, defaultAcl }: Readonly<DirectoryRecord>): void {
    const record = this.directories.get(path);
    if (record === undefined) throw new Error(`"${path}" is not a directory of the layer`);
    record.mtime = mtime;
    record.defaultAcl = defaultAcl;
  }

  /** Notes a new file of any kind but a directory. */
  count(status: FileStatus): void {
    this.files += 1;
    this.fileBytes += status.blocks * 512;
  }

  /** Notes that a file that was counted takes other disk now. */
  recount(before: FileStatus, after: FileStatus): void {
    this.fileBytes += (after.blocks - before.blocks) * 512;
  }

  /** Removes what stands at a path, directories with all that is in them. */
  remove(path: string): void {
    this.#entered.clear();
    const { dirFd, name } = this.place(path);
    const status = statAt(dirFd, name);
    if (status.kind === "directory") return this.#removeDirectory(path);
    unlinkAt(dirFd, name);
    if (status.kind === "file" && status.size > 0) this.hasLostBytes = true;
    if (status.links > 1) return;
    this.files -= 1;
    this.fileBytes -= status.blocks * 512;
  }

  #removeDirectory(path: string): void {
    const names = readdirSync(`/proc/self/fd/${this.open(path)}`, { encoding: "buffer" });
    for (const name of names) this.remove(joinPath(path, name.toString("latin1")));
    this.#forget(path);
    const { dirFd, name } = this.place(path);
    unlinkAt(dirFd, name, { directory: true });
  }

  #forget(path: string): void {
    this.directories.delete(path);
    const fd = this.#open.get(path);
    this.#open.delete(path);
    this.#last = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  #walk(names: readonly string[], visit: (path: string) => void): string {
    const queue = names.toReversed();
    let at = "";
    let links = 0;
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      const path = name === ".." ? parentOf(at) : joinPath(at, name);
      const target = this.#readLink(path);
      if (target === undefined) {
        visit(path);
        at = path;
        continue;
      }
      links += 1;
      if (links > maxSymlinks) throw refuseEntry(names.join("/"), `it passes more than ${maxSymlinks} symlinks`);
      if (target.startsWith("/")) at = "";
      queue.push(...target.split("/").filter(isName).toReversed());
    }
    return at;
  }

  /** What the symlink at a path says; `undefined` for anything else and for nothing. */
  #readLink(path: string): string | undefined {
    if (this.directories.has(path) || !this.directories.has(parentOf(path))) return undefined;
    const { dirFd, name } = this.place(path);
    try {
      return readLinkAt(dirFd, name).toString("latin1");
    } catch (error) {
      if (!isErrno(error, "EINVAL", "ENOENT")) throw error;
      return undefined;
    }
  }

  #checkPath(path: string): void {
    const { pathBytes, depth } = this.#limits;
    if (path.length > pathBytes) throw refuseEntry(path, `its path has more than ${pathBytes} bytes`);
    if (path.split("/").length > depth) throw refuseEntry(path, `its path has more than ${depth} names`);
  }

  #closeOldest(): void {
    for (const [path, fd] of this.#open) {
      this.#open.delete(path);
      closeSync(fd);
      return;
    }
  }
}

function isName(part: string): boolean {
  return part !== "" && part !== ".";
}

function unknownDirectory(): DirectoryRecord {
  return { mtime: undefined, defaultAcl: undefined };
}

function absentAsUndefined<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    return undefined;
  }
}

const directoryFlags = openFlags.readOnly | openFlags.directory | openFlags.noFollow;

/** Spellings to remember: archives go through one directory after another. */
const maxRemembered = 4096;

/** Descriptors kept open. Archives go through one directory after another, so a few serve nearly all entries. */
const maxOpen = 64;
