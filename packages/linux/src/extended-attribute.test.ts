import { closeSync, mkdtempDisposableSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { symlinkAt } from "./directory-entry.ts";
import { findXattr, listXattrs, removeXattr, setXattr } from "./extended-attribute.ts";

const needsRoot = process.getuid?.() !== 0;

test.skipIf(needsRoot).for([Buffer.alloc(0), Buffer.from([0, 255, 1]), Buffer.alloc(3000, 7)])(
  "reads back a value of trusted.test, case %# (trusted attributes need root)",
  (value) => {
    const fd = openScratch();
    setXattr(fd, "trusted.test", value);
    expect(findXattr(fd, "trusted.test")).toEqual(value);
    expect(findXattr(`/proc/self/fd/${fd}/.`, "trusted.test")).toEqual(value);
    expect(listXattrs(fd).map(String)).toContain("trusted.test");
    removeXattr(fd, "trusted.test");
    expect(findXattr(fd, "trusted.test")).toBeUndefined();
    expect(() => removeXattr(fd, "trusted.test")).toThrow(expect.objectContaining({ code: "ENODATA" }));
  },
);

test.skipIf(needsRoot)("names a symlink itself by path (trusted attributes need root)", () => {
  const fd = openScratch();
  const path = `/proc/self/fd/${fd}/`;
  writeFileSync(`${path}file`, "");
  symlinkAt("file", fd, "link");
  setXattr(`${path}link`, Buffer.from("trusted.on-link"), Buffer.from("1"));
  expect(listXattrs(`${path}link`).map(String)).toEqual(["trusted.on-link"]);
  expect(listXattrs(`${path}file`)).toEqual([]);
});

function openScratch(): number {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-linux-"));
  const fd = openSync(directory.path, "r");
  onTestFinished(() => {
    closeSync(fd);
    directory.remove();
  });
  return fd;
}
