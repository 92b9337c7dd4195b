import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StowageError } from "@stowage/errors";
import { expect, onTestFinished, test } from "vitest";
import { lockFile } from "./file-lock.ts";

test("excludes another process, names it, and is free when that is killed", async () => {
  const path = join(openScratch(), "lock");
  const program = `
    const { lockFile } = await import(${JSON.stringify(import.meta.resolve("./file-lock.ts"))});
    lockFile(${JSON.stringify(path)});
    process.stdout.write("held");
    setInterval(() => {}, 1000);
  `;
  const args = ["--conditions=@stowage/source", "--input-type=module", "--eval", program];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const refused = expect.objectContaining({
    code: "failed-precondition",
    message: expect.stringContaining(`process ${child.pid}`),
  });
  expect(() => lockFile(path)).toThrow(refused);
  child.kill("SIGKILL");
  await once(child, "exit");
  using _lock = lockFile(path);
  expect(readFileSync(path, "utf8").trim()).toBe(String(process.pid));
});

test("excludes a second opening in this process until the first is disposed of", () => {
  const path = join(openScratch(), "lock");
  {
    using _first = lockFile(path);
    expect(() => lockFile(path)).toThrow(StowageError);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
  const second = lockFile(path);
  second[Symbol.dispose]();
  second[Symbol.dispose]();
  lockFile(path)[Symbol.dispose]();
});

test("does not follow a symlink in the place of the lock", () => {
  const directory = openScratch();
  symlinkSync("elsewhere", join(directory, "lock"));
  expect(() => lockFile(join(directory, "lock"))).toThrow(expect.objectContaining({ code: "ELOOP" }));
});

function openScratch(): string {
  const directory = mkdtempDisposableSync(join(tmpdir(), "stowage-linux-"));
  onTestFinished(() => directory.remove());
  return directory.path;
}
