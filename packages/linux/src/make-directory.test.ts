import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

test("a directory is made with those above it, and one that is there stays", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "stowage-make-"));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const path = join(scratch, "a/b/c");
  await makeDirectory(path, { mode: 0o750 });
  await makeDirectory(path);
  expect((await stat(path)).mode & 0o777).toBe(0o750 & ~process.umask());
});

test.for(["/proc/none", "/proc/none/below", "/proc/self/none"])(
  'where nothing can be made, as at "%s", it fails, and says so',
  async (path) => {
    await expect(makeDirectory(path)).rejects.toMatchObject({ code: "failed-precondition" });
  },
);
