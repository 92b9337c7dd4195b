import { closeSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { syncFileSystem } from "./sync.ts";

test("syncs the file system of an open directory, and refuses what is not open", () => {
  const fd = openSync(tmpdir(), "r");
  expect(() => syncFileSystem(fd)).not.toThrow();
  closeSync(fd);
  expect(() => syncFileSystem(-1)).toThrow(expect.objectContaining({ code: "EBADF", syscall: "syncfs" }));
});
