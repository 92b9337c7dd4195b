import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeContentStore } from "@stowage/content/conformance";
import { digestOf, encodedOf } from "@stowage/oci";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openContentStore } from "./index.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "stowage-content-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const fresh = () => mkdtemp(join(scratch, "store-"));

describeContentStore("FsContentStore", async () => openContentStore(await fresh()));

const bytes = new TextEncoder().encode("some bytes");
const want = { digest: digestOf(bytes), size: bytes.byteLength };

async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}

async function* cut(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
  throw new Error("the line was cut");
}

test("a blob is a read-only file named by its digest, and nothing is left in ingest", async () => {
  const root = await fresh();
  const store = await openContentStore(root);
  await store.write(want, once(bytes));
  const path = join(root, "blobs", "sha256", encodedOf(want.digest));
  expect(await readFile(path)).toEqual(Buffer.from(bytes));
  expect((await stat(path)).mode & 0o777).toBe(0o400);
  expect(await readdir(join(root, "ingest"))).toEqual([]);
});

test("leaves nothing in ingest of a write that failed", async () => {
  const root = await fresh();
  const store = await openContentStore(root);
  await expect(store.write(want, once(bytes.subarray(1)))).rejects.toThrow();
  expect(await readdir(join(root, "ingest"))).toEqual([]);
});

test("drops at its start what a killed process left half-written, and keeps the blobs", async () => {
  const root = await fresh();
  await (await openContentStore(root)).write(want, once(bytes));
  await writeFile(join(root, "ingest", "half"), "ha");
  const store = await openContentStore(root);
  expect(await readdir(join(root, "ingest"))).toEqual([]);
  expect(await store.find(want.digest)).toMatchObject(want);
});

test("goes on after a crash with what had arrived", async () => {
  const root = await fresh();
  const whole = new Uint8Array(200_000).map((_, at) => at % 251);
  const big = { digest: digestOf(whole), size: whole.byteLength };
  await expect((await openContentStore(root)).ingest(big, () => cut(whole.subarray(0, 150_000)))).rejects.toThrow(
    "cut",
  );
  const asked: number[] = [];
  const reopened = await openContentStore(root);
  await reopened.ingest(big, (offset) => once(whole.subarray(asked[asked.push(offset) - 1])));
  expect(asked).toEqual([150_000 - (150_000 % 128)]);
  expect(Buffer.concat(await Array.fromAsync(reopened.read(big.digest)))).toEqual(Buffer.from(whole));
  expect(await readdir(join(root, "ingest"))).toEqual([]);
});

test.for([
  { what: "is no JSON", note: "{" },
  { what: "is another blob's", note: { bytes: 128, size: 7, state: "00".repeat(32) } },
  { what: "says more than there is", note: { bytes: 128 * 1500, size: 200_000, state: "00".repeat(32) } },
  { what: "has a state that is none", note: { bytes: 128, size: 200_000, state: "../../etc/passwd" } },
  { what: "ends within a block", note: { bytes: 100, size: 200_000, state: "00".repeat(32) } },
  { what: "lies about the hash", note: { bytes: 128, size: 200_000, state: "00".repeat(32) } },
])("is not led astray by a checkpoint that $what", async ({ note }) => {
  const root = await fresh();
  const whole = new Uint8Array(200_000).map((_, at) => at % 251);
  const big = { digest: digestOf(whole), size: whole.byteLength };
  const store = await openContentStore(root);
  await expect(store.ingest(big, () => cut(whole.subarray(0, 150_000)))).rejects.toThrow("cut");
  const path = join(root, "ingest", `sha256-${encodedOf(big.digest)}`, "checkpoint.json");
  await writeFile(path, typeof note === "string" ? note : JSON.stringify(note));
  await store.ingest(big, (offset) => once(whole.subarray(offset)));
  expect(Buffer.concat(await Array.fromAsync(store.read(big.digest)))).toEqual(Buffer.from(whole));
});

test("begins anew where a note is left of data that already has its name", async () => {
  const root = await fresh();
  const whole = new Uint8Array(200_000).map((_, at) => at % 251);
  const big = { digest: digestOf(whole), size: whole.byteLength };
  const before = await openContentStore(root);
  await expect(before.ingest(big, () => cut(whole.subarray(0, 150_000)))).rejects.toThrow("cut");
  await rm(join(root, "ingest", `sha256-${encodedOf(big.digest)}`, "data"));
  const store = await openContentStore(root);
  await store.ingest(big, (offset) => once(whole.subarray(offset)));
  expect(Buffer.concat(await Array.fromAsync(store.read(big.digest)))).toEqual(Buffer.from(whole));
  expect(await readdir(join(root, "ingest"))).toEqual([]);
});

test("replaces a blob of the wrong size", async () => {
  const root = await fresh();
  const store = await openContentStore(root);
  await writeFile(join(root, "blobs", "sha256", encodedOf(want.digest)), "cut");
  await store.write(want, once(bytes));
  expect(Buffer.concat(await Array.fromAsync(store.read(want.digest)))).toEqual(Buffer.from(bytes));
});

test("takes no notice of files that are no blobs", async () => {
  const root = await fresh();
  const store = await openContentStore(root);
  await writeFile(join(root, "blobs", "sha256", "README"), "a note");
  expect(await Array.fromAsync(store.list())).toEqual([]);
});

test.skipIf(process.getuid?.() !== 0)(
  "says that a full disk is full, and works again when it is not (needs root for a mount)",
  async () => {
    const root = await fresh();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", root]);
    try {
      const store = await openContentStore(root);
      const big = new Uint8Array(2 * 1024 * 1024);
      await expect(store.write({ digest: digestOf(big), size: big.byteLength }, once(big))).rejects.toMatchObject({
        code: "resource-exhausted",
        message: expect.stringContaining("the disk is full"),
      });
      await store.write(want, once(bytes));
      expect(await store.find(want.digest)).toMatchObject(want);
    } finally {
      execFileSync("umount", [root]);
    }
  },
);
