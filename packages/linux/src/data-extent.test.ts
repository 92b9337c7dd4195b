import { closeSync, ftruncateSync, mkdtempDisposableSync, openSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findData } from "./data-extent.ts";

const mebi = 1024 * 1024;

test("tells the data of a file from its holes, also beyond 4 GiB", () => {
  const fd = openScratch();
  const far = 5 * 1024 * mebi;
  writeSync(fd, Buffer.alloc(mebi, 1), 0, mebi, mebi);
  writeSync(fd, Buffer.alloc(mebi, 1), 0, mebi, far);
  ftruncateSync(fd, far + 3 * mebi);
  expect(findData(fd, 0)).toEqual({ start: mebi, end: 2 * mebi });
  expect(findData(fd, 2 * mebi)).toEqual({ start: far, end: far + mebi });
  expect(findData(fd, far + mebi)).toBeUndefined();
});

test("finds no data in an empty file and behind the end", () => {
  const fd = openScratch();
  expect(findData(fd, 0)).toBeUndefined();
  expect(findData(fd, 100)).toBeUndefined();
});

function openScratch(): number {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-linux-"));
  const fd = openSync(join(directory.path, "file"), "wx+");
  onTestFinished(() => {
    closeSync(fd);
    directory.remove();
  });
  return fd;
}
