import { normalize } from "node:path/posix";
import { type Entry, type Inode, rootInode } from "./file-call.ts";
import type { Names } from "./names.ts";

/** Where a path leads below the root. Without `at` it led to an inode some other way than by a name. */
export interface Place {
  readonly at: Entry | undefined;
  readonly inode: Inode | undefined;
  readonly path: string;
}

/** A place, or that the path leads outside the root, or that nothing is there to go on from. */
export type Found =
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "outside" }
  | { readonly kind: "missing" };

/** As the kernel has it (`MAXSYMLINKS`). */
const symlinkLimit = 40;

interface Walk {
  readonly directory: Inode;
  readonly rest: readonly string[];
  /** Whether a symbolic link at the end is followed, too. */
  readonly follow: boolean;
  readonly links: number;
}

/** Finds what paths mean in the model, as the kernel would below a root that lies at any of some absolute paths. */
export class PathWalker {
  readonly #names: Names;
  readonly #roots: readonly string[];

  constructor(names: Names, roots: readonly string[]) {
    this.#names = names;
    this.#roots = roots;
  }

  isBelow(path: string): boolean {
    return this.#rootOf(path) !== undefined;
  }

  /** From a directory of the model, or from one outside it that is given by its path. */
  find(start: Inode | string, path: string, follow: boolean): Found {
    return this.#find(start, path, { follow, links: 0 });
  }

  #find(start: Inode | string, path: string, options: Pick<Walk, "follow" | "links">): Found {
    if (typeof start === "number" && !path.startsWith("/")) {
      return this.#walk({ directory: start, rest: namesIn(path), ...options });
    }
    const absolute = normalize(path.startsWith("/") ? path : `${start}/${path}`);
    const root = this.#rootOf(absolute);
    if (root === undefined) return { kind: "outside" };
    return this.#walk({ directory: rootInode, rest: namesIn(absolute.slice(root.length)), ...options });
  }

  #rootOf(path: string): string | undefined {
    return this.#roots.find((root) => path === root || path.startsWith(`${root}/`));
  }

  #walk(walk: Walk): Found {
    const { directory, rest } = walk;
    const [name, ...after] = rest;
    if (name === undefined) return placeOf({ at: undefined, inode: directory, path: this.#names.path(directory) });
    if (name === "..") return this.#walk({ ...walk, directory: this.#names.parent(directory), rest: after });
    return this.#enter({ directory, name }, { ...walk, rest: after });
  }

  #enter(at: Entry, walk: Walk): Found {
    const inode = this.#names.find(at);
    const node = inode === undefined ? undefined : this.#names.node(inode);
    const isLast = walk.rest.length === 0;
    if (node?.kind === "symlink" && (walk.follow || !isLast)) return this.#follow(at, node.target, walk);
    if (isLast) return placeOf({ at, inode, path: this.#names.path(at.directory) + at.name });
    if (inode === undefined || node?.kind !== "directory") return { kind: "missing" };
    return this.#walk({ ...walk, directory: inode });
  }

  #follow({ directory }: Entry, target: string, { rest, follow, links }: Walk): Found {
    if (links === symlinkLimit) return { kind: "missing" };
    return this.#find(directory, [target, ...rest].join("/"), { follow, links: links + 1 });
  }
}

function namesIn(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function placeOf(place: Place): Found {
  return { kind: "place", place };
}
