import { closeSync, mkdtempDisposableSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeDirAt, symlinkAt } from "./directory-entry.ts";
import { changeMode, changeModeAt, changeOwner, changeOwnerAt, setTimes, setTimesAt } from "./file-attributes.ts";
import { statAt, statFd } from "./file-status.ts";
import { openAt, openFlags } from "./open.ts";

test.for([0n, 1n, -1n, 1_700_000_000_123_456_789n, -1_000_000_001n, 4_000_000_000_000_000_000n])(
  "keeps a time of %d ns to the nanosecond",
  (modified) => {
    const dir = openScratch();
    symlinkAt("nowhere", dir, "link");
    makeDirAt(dir, "d", 0o700);
    setTimesAt(dir, "link", { accessed: 5n, modified });
    const fd = openAt(dir, "d", { flags: openFlags.readOnly });
    setTimes(fd, { accessed: 5n, modified });
    closeSync(fd);
    expect(statAt(dir, "link").mtime).toBe(modified);
    expect(statAt(dir, "d").mtime).toBe(modified);
  },
);

test.skipIf(process.getuid?.() !== 0)("changes owners up to the highest id, of a link itself (needs root)", () => {
  const dir = openScratch();
  symlinkAt("nowhere", dir, "link");
  changeOwnerAt(dir, "link", { uid: 4294967294, gid: 65536 });
  changeOwner(dir, { uid: 3000000000, gid: 7 });
  expect(statAt(dir, "link")).toMatchObject({ uid: 4294967294, gid: 65536 });
  expect(statFd(dir)).toMatchObject({ uid: 3000000000, gid: 7, kind: "directory" });
});

test("changes permissions, and not through a link", () => {
  const dir = openScratch();
  writeFileSync(`/proc/self/fd/${dir}/file`, "12345");
  symlinkAt("file", dir, "link");
  changeModeAt(dir, "file", 0o4751);
  changeMode(dir, 0o1777);
  expect(() => changeModeAt(dir, "link", 0o600)).toThrow(expect.objectContaining({ code: "ENOTSUP" }));
  expect(statAt(dir, "file")).toMatchObject({ kind: "file", mode: 0o4751, size: 5, links: 1 });
  expect(statFd(dir).mode).toBe(0o1777);
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
