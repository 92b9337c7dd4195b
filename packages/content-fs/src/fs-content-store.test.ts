import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { bytesFrom, type ContentStore, storeBlob } from "@stowage/content";
import { describeContentStore } from "@stowage/content/conformance";
import { type Digest, digestOf, encodedOf } from "@stowage/oci";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openContentStore } from "./index.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "stowage-content-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const fresh = () => mkdtemp(join(scratch, "store-"));

async function openIn(root: string): Promise<ContentStore> {
  const store = await openContentStore(root);
  onTestFinished(() => store[Symbol.dispose]());
  return store;
}

describeContentStore("FsContentStore", async () => openIn(await fresh()));

const bytes = new TextEncoder().encode("some bytes");
const want = { digest: digestOf(bytes), size: bytes.byteLength };
const long = new Uint8Array(200_000).map((_, at) => at % 251);
const longWant = { digest: digestOf(long), size: long.byteLength };

const blobPath = (root: string, digest: Digest) => join(root, "blobs", "sha256", encodedOf(digest));
const ingestPath = (root: string, digest: Digest) => join(root, "ingest", `sha256-${encodedOf(digest)}`);

async function* cut(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
  throw new Error("the line was cut");
}

async function read(store: ContentStore, digest: Digest): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(store.read(digest))));
}

test("keeps a blob at its digest, read-only, and nothing beside it", async () => {
  const root = await fresh();
  await storeBlob(await openIn(root), want, { open: bytesFrom(bytes) });
  expect(await readFile(blobPath(root, want.digest))).toEqual(Buffer.from(bytes));
  expect((await stat(blobPath(root, want.digest))).mode & 0o777).toBe(0o400);
  expect(await readdir(join(root, "ingest"))).toEqual([]);
});

test("drops what an earlier process left that nobody can go on with", async () => {
  const root = await fresh();
  await storeBlob(await openIn(root), want, { open: bytesFrom(bytes) });
  await writeFile(join(root, "ingest", "half"), "ha");
  await writeFile(`${ingestPath(root, want.digest)}.checkpoint`, "{}");
  await mkdir(ingestPath(root, longWant.digest));
  const store = await openIn(root);
  expect(await readdir(join(root, "ingest"))).toEqual([]);
  expect(await store.find(want.digest)).toMatchObject(want);
});

test("goes on with what an earlier process had, to the byte", async () => {
  const root = await fresh();
  const before = await openIn(root);
  await expect(storeBlob(before, longWant, { open: () => cut(long.subarray(0, 150_001)) })).rejects.toThrow("cut");
  const asked: number[] = [];
  const store = await openIn(root);
  await storeBlob(store, longWant, { open: (offset) => bytesFrom(long)(asked[asked.push(offset) - 1] ?? 0) });
  expect(asked).toEqual([150_001]);
  expect(await read(store, longWant.digest)).toEqual(long);
  expect(await readdir(join(root, "ingest"))).toEqual([]);
});

test.for([
  { what: "is no JSON", note: "{" },
  { what: "says more than there is", note: { bytes: 128 * 1500, state: "00".repeat(32) } },
  { what: "says more than the blob has", note: { bytes: 128 * 2000, state: "00".repeat(32) } },
  { what: "has a state that is none", note: { bytes: 128, state: "../../etc/passwd" } },
  { what: "ends within a block", note: { bytes: 100, state: "00".repeat(32) } },
  { what: "lies about the hash", note: { bytes: 128, state: "00".repeat(32) } },
])("is not led astray by a checkpoint that $what", async ({ note }) => {
  const root = await fresh();
  const store = await openIn(root);
  await expect(storeBlob(store, longWant, { open: () => cut(long.subarray(0, 150_000)) })).rejects.toThrow("cut");
  const text = typeof note === "string" ? note : JSON.stringify(note);
  await writeFile(`${ingestPath(root, longWant.digest)}.checkpoint`, text);
  await storeBlob(store, longWant, { open: bytesFrom(long) });
  expect(await read(store, longWant.digest)).toEqual(long);
  await openIn(root);
  expect(await readdir(join(root, "ingest"))).toEqual([]);
});

test("keeps what had arrived when it is called off while that is hashed", async () => {
  const root = await fresh();
  const store = await openIn(root);
  await expect(storeBlob(store, longWant, { open: () => cut(long.subarray(0, 150_000)) })).rejects.toThrow("cut");
  const controller = new AbortController();
  const reason = new Error("enough");
  const ingesting = store.ingest(longWant, bytesFrom(long), { signal: controller.signal });
  controller.abort(reason);
  await expect(ingesting).rejects.toBe(reason);
  expect(await Array.fromAsync(store.listIngests())).toMatchObject([{ arrived: 150_000 }]);
});

test("flushes and notes nothing of what arrives where durability is relaxed, and goes on all the same", async () => {
  const root = await fresh();
  const big = new Uint8Array(40 * 1024 * 1024).fill(7);
  const bigWant = { digest: digestOf(big), size: big.byteLength };
  using store = await openContentStore(root, { durability: "relaxed" });
  const blocks = async function* () {
    for (let at = 0; at < 39; at += 1) yield big.subarray(at * 1024 * 1024, (at + 1) * 1024 * 1024);
    throw new Error("the line was cut");
  };
  await expect(storeBlob(store, bigWant, { open: blocks })).rejects.toThrow("cut");
  expect(await readdir(join(root, "ingest"))).toEqual([basename(ingestPath(root, bigWant.digest))]);
  const asked: number[] = [];
  await storeBlob(store, bigWant, { open: (offset) => bytesFrom(big)(asked[asked.push(offset) - 1] ?? 0) });
  expect(asked).toEqual([39 * 1024 * 1024]);
});

test("goes on from its last checkpoint without reading what is before it", async () => {
  const root = await fresh();
  const big = new Uint8Array(70 * 1024 * 1024).fill(7);
  const bigWant = { digest: digestOf(big), size: big.byteLength };
  const blocks = async function* (from: number, to: number) {
    for (let at = from; at < to; at += 1024 * 1024) yield big.subarray(at, Math.min(to, at + 1024 * 1024));
    if (to < big.byteLength) throw new Error("the line was cut");
  };
  const store = await openIn(root);
  await expect(storeBlob(store, bigWant, { open: () => blocks(0, 68 * 1024 * 1024) })).rejects.toThrow("cut");
  const note: unknown = JSON.parse(await readFile(`${ingestPath(root, bigWant.digest)}.checkpoint`, "utf8"));
  expect(note).toMatchObject({ bytes: expect.any(Number), state: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const noted = Number(Object(note).bytes);
  expect(noted).toBeGreaterThanOrEqual(32 * 1024 * 1024);
  await writeFile(ingestPath(root, bigWant.digest), new Uint8Array(noted), { flag: "r+" });
  await using blob = await store.ingest(bigWant, (offset) => blocks(offset, big.byteLength));
  expect(blob.size).toBe(bigWant.size); // it counted on the state of the hash alone: nobody read the zeros
});

test.for([
  { what: "too short", spoil: (path: string) => writeFile(path, "cut") },
  { what: "other bytes of the same size", spoil: (path: string) => writeFile(path, "SOME BYTES") },
  { what: "gone", spoil: (path: string) => rm(path) },
])("notices a blob that is $what, and brings it anew", async ({ spoil }) => {
  const root = await fresh();
  await storeBlob(await openIn(root), want, { open: bytesFrom(bytes) });
  const path = blobPath(root, want.digest);
  await chmod(path, 0o600);
  await spoil(path);
  const store = await openIn(root);
  expect(await store.verify(want.digest)).toBe(false);
  await storeBlob(store, want, { open: bytesFrom(bytes) });
  expect(await store.verify(want.digest)).toBe(true);
  expect(await read(store, want.digest)).toEqual(bytes);
});

test("does not take a file for a blob that is not named as one", async () => {
  const root = await fresh();
  const store = await openIn(root);
  await writeFile(join(root, "blobs", "sha256", "README"), "a note");
  expect(await Array.fromAsync(store.list())).toEqual([]);
});

test("keeps the same promises with relaxed durability", async () => {
  const root = await fresh();
  using store = await openContentStore(root, { durability: "relaxed" });
  await storeBlob(store, want, { open: bytesFrom(bytes) });
  expect(await read(store, want.digest)).toEqual(bytes);
});

describe.skipIf(process.getuid?.() !== 0)("on a small disk (needs root for a mount)", () => {
  const mounted = async (): Promise<string> => {
    const root = await fresh();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", root]);
    onTestFinished(() => void execFileSync("umount", ["-l", root]));
    return root;
  };
  const tooBig = { digest: digestOf("never seen"), size: 8 * 1024 * 1024 };

  test("refuses a blob that has no room before it asks for it", async () => {
    const store = await openIn(await mounted());
    const asked: number[] = [];
    await expect(
      storeBlob(store, tooBig, { open: (offset) => bytesFrom(bytes)(asked[asked.push(offset) - 1] ?? 0) }),
    ).rejects.toMatchObject({
      code: "resource-exhausted",
      message: expect.stringContaining("it takes 8388608 more bytes and "),
    });
    expect(asked).toEqual([]);
    expect(await Array.fromAsync(store.listIngests())).toEqual([]);
  });

  test("does not promise the same room twice", async () => {
    const store = await openIn(await mounted());
    const half = new Uint8Array(3 * 1024 * 1024);
    const started = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const slow = async function* () {
      yield half.subarray(0, 1000);
      started.resolve();
      await held.promise;
      yield half.subarray(1000);
    };
    const first = storeBlob(store, { digest: digestOf(half), size: half.byteLength }, { open: slow });
    await started.promise;
    const second = { digest: digestOf("another"), size: half.byteLength };
    await expect(storeBlob(store, second, { open: () => cut(half) })).rejects.toMatchObject({
      code: "resource-exhausted",
    });
    held.resolve();
    await first;
    expect(await store.verify(digestOf(half))).toBe(true);
  });

  test("gives back the room that it made for what did not come", async () => {
    const store = await openIn(await mounted());
    const half = new Uint8Array(3 * 1024 * 1024);
    const want3 = { digest: digestOf(half), size: half.byteLength };
    await expect(storeBlob(store, want3, { open: () => cut(half.subarray(0, 1000)) })).rejects.toThrow("cut");
    const [kept] = await Array.fromAsync(store.listIngests());
    expect(kept).toMatchObject({ arrived: 1000 });
    expect(kept?.bytes).toBeLessThan(64 * 1024);
  });

  test("says that a full disk is full, gives the space back, and works again", async () => {
    const root = await mounted();
    const store = await openIn(root);
    await writeFile(join(root, "other"), new Uint8Array(4 * 1024 * 1024 - 64 * 1024));
    await expect(storeBlob(store, longWant, { open: bytesFrom(long) })).rejects.toMatchObject({
      code: "resource-exhausted",
      message: expect.stringContaining("the disk is full"),
    });
    expect(await readdir(join(root, "ingest"))).toEqual([]);
    await storeBlob(store, want, { open: bytesFrom(bytes) });
    expect(await store.find(want.digest)).toMatchObject(want);
  });
});
