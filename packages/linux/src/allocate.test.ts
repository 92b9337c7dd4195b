import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allocateFile } from "./allocate.ts";

test("takes the disk at once and leaves the length as it is", () => {
  const directory = mkdtempSync(join(tmpdir(), "stowage-allocate-"));
  const fd = openSync(join(directory, "file"), "w");
  try {
    allocateFile(fd, 1024 * 1024);
    expect(fstatSync(fd).size).toBe(0);
    expect(fstatSync(fd).blocks * 512).toBeGreaterThanOrEqual(1024 * 1024);
    expect(() => allocateFile(fd, 2 ** 60)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/ENOSPC|EFBIG/) }),
    );
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
});
