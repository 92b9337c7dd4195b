import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createDecoded, createFiles } from "./index.ts";

const inAnHour = () => Date.now() + 3_600_000;
const longAgo = new Date("2020-01-01");

const changes = [
  { what: "written over, with its length and time as before", change: (path: string) => writeFile(path, "two") },
  {
    what: "put in its place",
    change: async (path: string) => {
      await writeFile(`${path}.new`, "two");
      await utimes(`${path}.new`, longAgo, longAgo);
      await rename(`${path}.new`, path);
    },
  },
  {
    what: "linked to from its place",
    change: async (path: string) => {
      await writeFile(`${path}.new`, "two");
      await rm(path);
      await symlink(`${path}.new`, path);
    },
  },
];

test.for(changes)("reads again what was $what", async ({ change }) => {
  const path = await fileWith("one");
  await utimes(path, longAgo, longAgo);
  for (const now of [inAnHour, Date.now]) {
    await writeFile(path, "one");
    const files = createFiles(now);
    const first = await files.read(path);
    expect(first?.text).toBe("one");
    expect(await files.read(path)).toBe(first);
    await change(path);
    await utimes(path, longAgo, longAgo);
    expect((await files.read(path))?.text).toBe("two");
    await rm(path);
    expect(await files.read(path)).toBeUndefined();
  }
});

test("what changed just now is read each time: it may change again within a tick of the clock", async () => {
  const path = await fileWith("one".repeat(10_000));
  const files = createFiles();
  const before = await bytesRead();
  const texts = new Set();
  for (let round = 0; round < 20; round++) texts.add(await files.read(path));
  expect(texts.size).toBe(1);
  expect((await bytesRead()) - before).toBeGreaterThan(20 * 30_000);
});

test("readers at one time get one and the same", async () => {
  const path = await fileWith("one");
  const files = createFiles();
  const all = await Promise.all(Array.from({ length: 20 }, () => files.read(path)));
  expect(new Set(all).size).toBe(1);
});

test("does not read again what settled and did not change", async () => {
  const path = await fileWith("one".repeat(10_000));
  const files = createFiles(inAnHour);
  await files.read(path);
  const before = await bytesRead();
  for (let round = 0; round < 100; round++) await files.read(path);
  expect((await bytesRead()) - before).toBeLessThan(100 * 10_000);
});

test("does not wait for a pipe", async () => {
  const path = join(await directory(), "pipe");
  execFileSync("mkfifo", [path]);
  await expect(createFiles().read(path)).rejects.toMatchObject({
    code: "invalid-argument",
    message: `Cannot read "${path}": it is not a file`,
  });
});

test.for(["a/b", "gone", "gone/b"])("%s is not there", async (name) => {
  expect(await createFiles().read(join(dirname(await fileWith("x")), name))).toBeUndefined();
});

test("decodes again only what changed, and says each time what is wrong", async () => {
  const path = await fileWith("1");
  const decoded: string[] = [];
  const read = createDecoded(createFiles(), (text, name) => {
    decoded.push(text);
    if (text === "") throw new Error(`${name} is empty`);
    return { number: Number(text) };
  });
  const first = await read(path);
  expect(first).toEqual({ number: 1 });
  expect(await read(path)).toBe(first);
  await writeFile(path, "");
  for (let round = 0; round < 2; round++) await expect(read(path)).rejects.toThrow(`${path} is empty`);
  await writeFile(path, "2");
  expect(await read(path)).toEqual({ number: 2 });
  expect(decoded).toEqual(["1", "", "", "2"]);
  await rm(path);
  expect(await read(path)).toBeUndefined();
});

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "stowage-text-files-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function fileWith(text: string): Promise<string> {
  const path = join(await directory(), "a");
  await writeFile(path, text);
  return path;
}

/** Of this process, by all its calls. */
async function bytesRead(): Promise<number> {
  return Number(/^rchar: (?<bytes>[0-9]+)$/m.exec(await readFile("/proc/self/io", "utf8"))?.groups?.["bytes"]);
}
