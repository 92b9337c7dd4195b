import {
  closeSync,
  mkdirSync,
  mkdtempDisposableSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openAt, openBeneath, openFlags, type Resolution } from "./open.ts";

test("opens a file relative to a directory", () => {
  const { root, path } = openScratch();
  const fd = openAt(root, "new", { flags: openFlags.writeOnly | openFlags.create | openFlags.exclusive, mode: 0o600 });
  writeFileSync(fd, "text");
  closeSync(fd);
  expect(readFileSync(join(path, "new"), "utf8")).toBe("text");
});

test.for<{ path: string; resolve: Resolution; gives: string }>([
  { path: "d/f", resolve: "beneath", gives: "inside" },
  { path: "link/f", resolve: "beneath", gives: "inside" },
  { path: "link/f", resolve: "in-root", gives: "inside" },
  { path: "absolute/f", resolve: "in-root", gives: "inside" },
  { path: "up/d/f", resolve: "in-root", gives: "inside" },
  { path: "/d/../../../d/f", resolve: "in-root", gives: "inside" },
  { path: "up/d/f", resolve: "beneath", gives: "EXDEV" },
  { path: "absolute/f", resolve: "beneath", gives: "EXDEV" },
  { path: "../x", resolve: "beneath", gives: "EXDEV" },
  { path: "link/f", resolve: "beneath-no-symlinks", gives: "ELOOP" },
  { path: "loop/f", resolve: "in-root", gives: "ELOOP" },
  { path: "magic/passwd", resolve: "in-root", gives: "ENOENT" },
])("resolves $path $resolve as $gives", ({ path, resolve, gives }) => {
  const { root } = openScratch();
  expect(readBeneath(root, path, resolve)).toBe(gives);
});

test("does not follow a magic link, wherever it points", () => {
  const self = openSync("/proc/self", "r");
  onTestFinished(() => closeSync(self));
  expect(readBeneath(self, "cwd/package.json", "in-root")).toBe("ELOOP");
});

function readBeneath(root: number, path: string, resolve: Resolution): string {
  try {
    const fd = openBeneath(root, path, { flags: openFlags.readOnly, resolve });
    const text = readFileSync(fd, "utf8");
    closeSync(fd);
    return text;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

function openScratch(): { readonly path: string; readonly root: number } {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-linux-"));
  const { path } = directory;
  mkdirSync(join(path, "d"));
  writeFileSync(join(path, "d/f"), "inside");
  const links = { link: "d", absolute: "/d", up: "../../..", loop: "loop", magic: "/etc" };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(path, name));
  const root = openSync(path, openFlags.path | openFlags.directory);
  onTestFinished(() => {
    closeSync(root);
    directory.remove();
  });
  return { path, root };
}
