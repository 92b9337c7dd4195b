import { expect, test } from "vitest";
import { asStorageError, isErrno, StowageError } from "./index.ts";

const errno = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });

test.for([
  { code: "ENOSPC", becomes: "resource-exhausted" },
  { code: "EDQUOT", becomes: "resource-exhausted" },
  { code: "EIO", becomes: "data-loss" },
  { code: "EROFS", becomes: "failed-precondition" },
  { code: "EACCES", becomes: "permission-denied" },
])("$code becomes $becomes and keeps its cause", ({ code, becomes }) => {
  const cause = errno(code);
  const error = asStorageError(cause, 'write blob "x"');
  expect(error).toBeInstanceOf(StowageError);
  expect(error).toMatchObject({ code: becomes, cause });
  expect(String(error)).toContain('Cannot write blob "x": ');
});

test.for([errno("ENOENT"), new TypeError("a bug"), "not an error"])("passes %s on as it came", (error) => {
  expect(asStorageError(error, "write")).toBe(error);
});

test("tells one errno from another", () => {
  expect(isErrno(errno("ENOENT"), "EEXIST", "ENOENT")).toBe(true);
  expect(isErrno(errno("EPERM"), "ENOENT")).toBe(false);
  expect(isErrno({ code: "ENOENT" }, "ENOENT")).toBe(false);
});
