import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isMachineRoot } from "@stowage/linux";
import { describe, expect, test } from "vitest";
import { extractTree, openImageTree } from "./index.ts";
import { fifo, overlayOf, symlink, temporary, treeOf, whiteout, writeLayer } from "./layers.test.fixture.ts";

const lower = {
  "app/conf/a": "lower",
  "app/conf/b": "b",
  "app/gone": "x",
  "app/link": symlink("../../../etc/passwd"),
  bin: symlink("app"),
};
const upper = { "app/conf/a": "upper", "app/gone": whiteout };

/** Names below a directory, with what files hold and where links lead. */
function contentOf(directory: string): object {
  const inner = readdirSync(directory, { withFileTypes: true }).map((entry) => {
    const at = join(directory, entry.name);
    if (entry.isSymbolicLink()) return [entry.name, `-> ${readlinkSync(at)}`];
    return [entry.name, entry.isDirectory() ? contentOf(at) : readFileSync(at, "utf8")];
  });
  return Object.fromEntries(inner);
}

const app = { conf: { a: "upper", b: "b" }, link: "-> ../../../etc/passwd" };

test.for<{ what: string; path: string; to: string; there?: string; gives: object }>([
  { what: "a directory into one that is there", path: "/app", to: "out", there: "directory", gives: { out: { app } } },
  { what: "a directory under a new name", path: "app/", to: "out", gives: { out: app } },
  {
    what: "what is in a directory into one that is there",
    path: "app/.",
    to: "out",
    there: "directory",
    gives: { out: app },
  },
  { what: "what is in a directory under a new name", path: "app/.", to: "out/", gives: { out: app } },
  {
    what: "a file into a directory",
    path: "app/conf/a",
    to: "out",
    there: "directory",
    gives: { out: { a: "upper" } },
  },
  { what: "a file under a new name", path: "app/conf/a", to: "out", gives: { out: "upper" } },
  { what: "a file over another one", path: "app/conf/a", to: "out", there: "file", gives: { out: "upper" } },
  { what: "a symlink itself", path: "bin", to: "out", gives: { out: "-> app" } },
  { what: "all of the image", path: "/", to: "out", gives: { out: { app, bin: "-> app" } } },
])("copies $what", async ({ path, to, there, gives }) => {
  const base = temporary();
  if (there === "directory") mkdirSync(join(base, to));
  if (there === "file") writeFileSync(join(base, to), "old");
  const report = await extractTree({ tree: treeOf(upper, lower), path }, join(base, to));
  expect(contentOf(base)).toEqual(gives);
  expect(report.leftOut).toEqual([]);
});

test("follows a symlink where it is told to, and keeps the name that was asked for", async () => {
  const out = temporary();
  await extractTree({ tree: treeOf(upper, lower), path: "bin" }, out, { followLast: true });
  expect(contentOf(out)).toEqual({ bin: app });
});

test("keeps modes, times and hard links, and reports what it did", async () => {
  const [layer, out] = [writeLayer(join(temporary(), "layer"), { "d/a": "12345", "d/e/f": "x" }), temporary()];
  linkSync(join(layer, "d/a"), join(layer, "d/b"));
  chmodSync(join(layer, "d/a"), 0o4640);
  chmodSync(join(layer, "d/e"), 0o500);
  for (const name of ["d/a", "d/e", "d"]) utimesSync(join(layer, name), 1000, 1000);
  using tree = openImageTree([overlayOf([layer])]);
  const report = await extractTree({ tree, path: "d" }, out);
  const [a, b, e] = ["d/a", "d/b", "d/e"].map((name) => lstatSync(join(out, name)));
  expect(a?.ino).toBe(b?.ino);
  expect([a?.mode, e?.mode].map((mode) => (mode ?? 0) & 0o7777)).toEqual([0o640, 0o500]); // not its owner's any more
  expect([a, e, lstatSync(join(out, "d"))].map((status) => status?.mtimeMs)).toEqual([1_000_000, 1_000_000, 1_000_000]);
  expect(report).toMatchObject({ entries: 5, bytes: 11 });
  for (const copy of [layer, out]) chmodSync(join(copy, "d/e"), 0o700);
  await extractTree({ tree, path: "d" }, out); // over itself, names of one file among it
  expect(readdirSync(join(out, "d")).toSorted()).toEqual(["a", "b", "e"]);
});

test("keeps the holes of a file", async () => {
  const [layer, out] = [writeLayer(join(temporary(), "layer"), { f: "start" }), temporary()];
  truncateSync(join(layer, "f"), 50_000_000);
  using tree = openImageTree([overlayOf([layer])]);
  await extractTree({ tree, path: "f" }, out);
  expect(readFileSync(join(out, "f")).equals(readFileSync(join(layer, "f")))).toBe(true);
  expect(lstatSync(join(out, "f")).blocks * 512).toBeLessThan(1_000_000);
});

test.for<{ what: string; path: string; make: (out: string) => void; to: string; code: string }>([
  { what: "of a path that is not there", path: "nowhere", make: () => undefined, to: "", code: "not-found" },
  { what: "into a directory that is not there", path: "app", make: () => undefined, to: "no/such", code: "not-found" },
  {
    what: "of a file to a missing directory",
    path: "app/conf/a",
    make: () => undefined,
    to: "no/",
    code: "failed-precondition",
  },
  {
    what: "of a directory over a file",
    path: "app",
    make: (out) => writeFileSync(join(out, "f"), ""),
    to: "f",
    code: "failed-precondition",
  },
  {
    what: "of a file over a directory",
    path: "app/.",
    make: (out) => mkdirSync(join(out, "conf/a"), { recursive: true }),
    to: "",
    code: "failed-precondition",
  },
])("refuses a copy $what", async ({ path, make, to, code }) => {
  const out = temporary();
  make(out);
  await expect(extractTree({ tree: treeOf(upper, lower), path }, join(out, to))).rejects.toMatchObject({ code });
});

test("writes through no symlink below the destination, neither one of its own nor one that is there", async () => {
  const [out, outside] = [temporary(), temporary()];
  writeFileSync(join(outside, "a"), "untouched");
  mkdirSync(join(out, "app"));
  symlinkSync(outside, join(out, "app/conf"));
  const tree = treeOf(upper, lower);
  await expect(extractTree({ tree, path: "app" }, out)).rejects.toMatchObject({ code: "failed-precondition" });
  symlinkSync(join(outside, "a"), join(out, "a"));
  await extractTree({ tree, path: "app/conf/a" }, out);
  expect(contentOf(outside)).toEqual({ a: "untouched" });
  expect(readFileSync(join(out, "a"), "utf8")).toBe("upper");
  expect(lstatSync(join(out, "a")).isFile()).toBe(true);
});

test("leaves nothing unfinished when it is stopped", async () => {
  const out = temporary();
  const stop = new AbortController();
  const onEntry = (): void => stop.abort(new Error("enough"));
  const extracting = extractTree({ tree: treeOf(upper, lower), path: "app" }, out, { signal: stop.signal, onEntry });
  await expect(extracting).rejects.toThrow("enough");
  expect(contentOf(out)).toEqual({ app: {} });
});

describe.skipIf(!isMachineRoot())("as root (skipped otherwise)", () => {
  test("keeps owners, setuid and fifos where it is told to, and else gives files to the caller", async () => {
    const layer = writeLayer(join(temporary(), "layer"), { "d/a": "1", "d/p": fifo });
    chownSync(join(layer, "d/a"), 1234, 4321);
    chmodSync(join(layer, "d/a"), 0o4755);
    using tree = openImageTree([overlayOf([layer])]);
    const [kept, plain] = [temporary(), temporary()];
    await extractTree({ tree, path: "d/." }, kept, { owners: true });
    await extractTree({ tree, path: "d/." }, plain);
    expect(lstatSync(join(kept, "a"))).toMatchObject({ uid: 1234, gid: 4321, mode: 0o104755 });
    expect(lstatSync(join(plain, "a"))).toMatchObject({ uid: 0, gid: 0, mode: 0o100755 });
    expect(lstatSync(join(kept, "p")).isFIFO()).toBe(true);
    expect(existsSync(join(plain, "p"))).toBe(true);
  });
});
