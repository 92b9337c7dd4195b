import { closeSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isErrno, isStowageError } from "@stowage/errors";
import {
  isMachineRoot,
  isPrivileged,
  mount,
  openAt,
  openBeneath,
  openFlags,
  unmount,
  workingDirectory,
} from "@stowage/linux";
import { array, assert, asyncProperty, constant, constantFrom, dictionary, oneof } from "fast-check";
import { describe, expect, test } from "vitest";
import { type ImageTree, openImageTree, type TreeEntry } from "./index.ts";
import {
  directory,
  fifo,
  type LayerFiles,
  opaque,
  overlayOf,
  symlink,
  temporary,
  whiteout,
  writeLayer,
} from "./layers.test.fixture.ts";

const names = constantFrom("a", "b", "\xe9\xff", "etc");
const paths = array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const files = oneof(
  constantFrom("", "x", "content"),
  constantFrom(directory, directory, whiteout, whiteout, fifo),
  constantFrom("/", "../../../..", "a", "/a/b", "../b", "etc/a").map(symlink),
);

/** Files whose parents are directories of the same layer, and opaque directories among them. */
const layers = dictionary(paths, files, { maxKeys: 8 }).chain((drawn) => {
  const possible: LayerFiles = Object.fromEntries(
    Object.entries(drawn).filter(([path]) => !Object.keys(drawn).some((other) => other.startsWith(`${path}/`))),
  );
  const parents = Object.keys(possible).flatMap((path) =>
    path.includes("/") ? [path.slice(0, path.indexOf("/"))] : [],
  );
  const [parent] = parents;
  const marked: LayerFiles = parent === undefined ? possible : { [parent]: opaque, ...possible };
  return oneof(constant(possible), constant(marked));
});

/** Root of a user namespace marks directories in another namespace of attributes. */
const marks = isMachineRoot() ? [] : ["userxattr"];

const stacks = array(layers, { minLength: 2, maxLength: 4 });

describe.skipIf(!isPrivileged())("beside overlayfs (skipped without root, which mounting takes)", () => {
  test("shows what the mount shows", async () => {
    await assert(
      asyncProperty(stacks, async (stack) => {
        const base = temporary();
        const roots = stack.map((files, at) => writeLayer(join(base, `${at}`), files));
        const target = join(base, "mounted");
        mkdirSync(target);
        const request = overlayOf(roots);
        mount({ ...request, options: [...request.options, ...marks], target });
        try {
          using tree = openImageTree([request]);
          const shown = await Array.fromAsync(tree.walk());
          expect(shown.map(looksOf)).toEqual(mountedLooks(target));
          for (const entry of shown.filter(({ kind }) => kind === "file")) {
            const bytes = Buffer.concat(await Array.fromAsync(tree.read(entry)));
            expect(bytes).toEqual(readFileSync(mountedPath(target, entry.path)));
          }
          for (const { path } of shown) expect(await found(tree, path)).toBe(resolved(target, path));
        } finally {
          unmount(target);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Where a path leads, by the tree and by the kernel with the mount as its root. */
async function found(tree: ImageTree, path: string): Promise<string | undefined> {
  try {
    return (await tree.find(path))?.path;
  } catch (error) {
    if (!isStowageError(error, "failed-precondition")) throw error;
    return "too many links";
  }
}

function resolved(target: string, path: string): string | undefined {
  const root = openAt(workingDirectory, target, { flags: openFlags.path });
  try {
    const fd = openBeneath(root, Buffer.from(path || ".", "latin1"), { flags: openFlags.path, resolve: "in-root" });
    const real = readlinkSync(`/proc/self/fd/${fd}`, { encoding: "buffer" }).toString("latin1");
    closeSync(fd);
    return real.slice(target.length + 1);
  } catch (error) {
    if (isErrno(error, "ELOOP")) return "too many links";
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    return undefined;
  } finally {
    closeSync(root);
  }
}

function looksOf({ path, kind, mode, uid, gid, mtime, linkTarget }: TreeEntry): object {
  return { path, kind, mode, uid, gid, mtime, linkTarget };
}

/** The same of a mount, in the same order. */
function mountedLooks(target: string, path = ""): readonly object[] {
  const at = mountedPath(target, path);
  const status = lstatSync(at, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return []; // readdir names a whiteout that hides nothing
  const kind = kinds[Number(status.mode) & 0o170000];
  const linkTarget = kind === "symlink" ? readlinkSync(at, { encoding: "buffer" }).toString("latin1") : "";
  const mode = Number(status.mode) & 0o7777;
  const own = { path, kind, mode, uid: Number(status.uid), gid: Number(status.gid), mtime: status.mtimeNs, linkTarget };
  if (kind !== "directory") return [own];
  const inner = readdirSync(at, { encoding: "latin1" }).toSorted((one, other) => (one < other ? -1 : 1));
  return [own, ...inner.flatMap((name) => mountedLooks(target, path === "" ? name : `${path}/${name}`))];
}

const kinds: Readonly<Record<number, string>> = {
  0o010000: "fifo",
  0o040000: "directory",
  0o100000: "file",
  0o120000: "symlink",
};

function mountedPath(target: string, path: string): Buffer {
  return Buffer.from(`${target}/${path}`, "latin1");
}
