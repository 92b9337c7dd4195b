import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const program = `import { createReadStream } from "node:fs";
import { exitAtOnce } from ${JSON.stringify(import.meta.resolve("./index.ts"))};
createReadStream(process.argv[1]).once("data", () => setTimeout(exitAtOnce, 100, 7));`;

test("ends the process though a read of it does not come back", async () => {
  const directory = await mkdtemp(join(tmpdir(), "stowage-exit-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
  const args = ["--input-type=module", "--conditions=@stowage/source", "-e", program, pipe];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  await using writer = await open(pipe, "w");
  await writer.write("the next read waits");
  expect(await exited).toEqual([7, null]);
});
