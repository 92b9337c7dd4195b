import { closeSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { syncFileSystem } from "./sync.ts";

test("syncs the file system that a directory is on", async () => {
  const fd = openSync(tmpdir(), "r");
  await expect(syncFileSystem(fd)).resolves.toBeUndefined();
  closeSync(fd);
});

test("says that nothing was made durable where the call failed", async () => {
  await expect(syncFileSystem(-1)).rejects.toMatchObject({ code: "EIO", syscall: "syncfs" });
});
