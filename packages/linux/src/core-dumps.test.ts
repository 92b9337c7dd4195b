import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const program = `import { forbidCoreDumps } from ${JSON.stringify(import.meta.resolve("./index.ts"))};
import { readFileSync } from "node:fs";
forbidCoreDumps();
process.stdout.write(readFileSync("/proc/self/limits", "utf8"));`;

test("a process that forbids core dumps leaves none, and cannot ask for them again", () => {
  const limits = execFileSync(process.execPath, ["--input-type=module", "--conditions=@stowage/source", "-e", program]);
  expect(String(limits)).toMatch(/^Max core file size +0 +0 /m);
});
