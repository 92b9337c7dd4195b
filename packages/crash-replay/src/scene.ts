import { type FileCall, type Inode, isNameCall } from "./file-call.ts";
import { Names } from "./names.ts";
import { type Found, PathWalker } from "./path-walker.ts";
import { type Description, type ProcessStart, ProcessTable } from "./process-table.ts";
import type { SystemCall } from "./strace-log.ts";
import type { LogValue } from "./strace-value.ts";
import type { Directory } from "./tree.ts";

export interface SceneStart extends ProcessStart {
  /** Absolute, as latin1 text: without symbolic links, and then what else the process may call it. */
  readonly roots: readonly string[];
  readonly before: Directory;
}

/** A path that starts at an open file of the process itself. */
const throughDescriptor = /^\/(?:proc\/(?:self|thread-self|\d+)|dev)\/fd\/(?<fd>\d+)(?<rest>\/.*)?$/s;

/** The model as it stands at a moment of the log: names, sizes and open files. */
export class Scene {
  readonly names: Names;
  readonly processes: ProcessTable;
  readonly sizes: Map<Inode, number> = new Map();
  /** Of the files that were there before. */
  readonly contents: Map<Inode, Uint8Array> = new Map();
  readonly calls: FileCall[] = [];
  readonly #walker: PathWalker;
  #nextInode: Inode;

  constructor({ roots, before, ...start }: SceneStart) {
    this.names = new Names(before);
    this.#walker = new PathWalker(this.names, roots);
    this.processes = new ProcessTable(start);
    this.#nextInode = this.names.nextInode;
    this.#measure(before);
  }

  newInode(): Inode {
    return this.#nextInode++;
  }

  /** The open file that an argument names, where it is one below the root. */
  description(call: SystemCall, value: LogValue | undefined): Description | undefined {
    if (value?.kind !== "descriptor" || !this.#walker.isBelow(value.path)) return undefined;
    const found = this.processes.find(call.thread, Number(value.word));
    if (found !== undefined) return found;
    throw new Error(
      `Cannot follow ${call.name} of "${value.path}": it was not seen how descriptor ${value.word} was opened`,
    );
  }

  /** Where the path in an argument leads, from the directory in another or else the working directory. */
  resolve(
    call: SystemCall,
    path: LogValue | undefined,
    options: { from?: LogValue | undefined; follow: boolean },
  ): Found {
    const text = path?.kind === "text" ? Buffer.from(path.bytes).toString("latin1") : "";
    const own = throughDescriptor.exec(text)?.groups;
    if (own !== undefined) return this.#findThrough(call, own, options.follow);
    if (text === "") return openPlace(this.description(call, options.from));
    return this.#walker.find(this.#startOf(call, options.from), text, options.follow);
  }

  /** Takes up what a call did; false if it was impossible. */
  add(call: FileCall): boolean {
    if (isNameCall(call)) {
      if (!this.names.apply(call)) return false;
    } else if (call.kind === "attributes") {
      this.names.change(call.inode, call.change);
    } else {
      this.#resize(call);
    }
    this.calls.push(call);
    return true;
  }

  #findThrough(call: SystemCall, { fd, rest = "" }: Record<string, string>, follow: boolean): Found {
    const place = openPlace(this.processes.find(call.thread, Number(fd)));
    if (rest === "" || place.kind !== "place" || place.place.inode === undefined) return place;
    return this.#walker.find(place.place.inode, rest.slice(1), follow);
  }

  #resize(call: FileCall): void {
    if (call.kind === "truncate") this.sizes.set(call.inode, call.size);
    if (call.kind === "allocate") this.#grow(call.inode, call.size);
    if (call.kind === "write") this.#grow(call.inode, call.offset + call.bytes.byteLength);
  }

  #grow(inode: Inode, size: number): void {
    this.sizes.set(inode, Math.max(size, this.sizes.get(inode) ?? 0));
  }

  #measure(directory: Directory): void {
    for (const node of directory.entries.values()) {
      if (node.kind === "file") {
        this.sizes.set(node.inode, node.content.byteLength);
        this.contents.set(node.inode, node.content);
      }
      if (node.kind === "directory") this.#measure(node);
    }
  }

  #startOf(call: SystemCall, from: LogValue | undefined): Inode | string {
    const path = from?.kind === "descriptor" ? from.path : this.processes.workingDirectory(call.thread);
    if (from?.kind !== "descriptor" || from.word === "AT_FDCWD") return path;
    return this.description(call, from)?.inode ?? path;
  }
}

/** The place of an open file, which needs no name. */
export function openPlace(description: Description | undefined): Found {
  if (description === undefined) return { kind: "outside" };
  return { kind: "place", place: { at: undefined, inode: description.inode, path: description.path } };
}
