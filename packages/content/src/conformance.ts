import { readSync } from "node:fs";
import { type Descriptor, type Digest, digestOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import type { BlobFile } from "./blob-file.ts";
import type { ContentStore } from "./content-store.ts";
import { bytesFrom, storeBlob } from "./store-blob.ts";

/** What every `ContentStore` promises. Each adapter's tests call this with a way to open a fresh one. */
export function describeContentStore(name: string, open: () => Promise<ContentStore & Partial<AsyncDisposable>>): void {
  describe(`${name} keeps the promises of ContentStore`, () => {
    test("reads back what was written, under sha256 and sha512", async () => {
      const store = await open();
      for (const algorithm of ["sha256", "sha512"] as const) {
        const want = { digest: digestOf(bytes, algorithm), size: bytes.byteLength };
        await put(store, want, chunks(bytes));
        expect(await read(store, want.digest)).toEqual(bytes);
        expect(await store.find(want.digest)).toMatchObject(want);
      }
      expect((await Array.fromAsync(store.list())).map(({ digest }) => digest).toSorted()).toEqual(
        [digestOf(bytes), digestOf(bytes, "sha512")].toSorted(),
      );
    });

    test("stores a blob of no bytes", async () => {
      const store = await open();
      const want = { digest: digestOf(""), size: 0 };
      await put(store, want, chunks(new Uint8Array()));
      expect(await store.find(want.digest)).toMatchObject({ size: 0 });
    });

    test("leaves a blob alone that is already there, the source unread", async () => {
      const store = await open();
      await put(store, want, chunks(bytes));
      await put(store, want, failing(new Error("it was read")));
      expect(await read(store, want.digest)).toEqual(bytes);
    });

    test("takes two writers of one blob", async () => {
      const store = await open();
      await Promise.all([put(store, want, chunks(bytes)), put(store, want, chunks(bytes))]);
      expect(await read(store, want.digest)).toEqual(bytes);
    });

    test("fails to read what is absent, and removes it without complaint", async () => {
      const store = await open();
      await expect(read(store, want.digest)).rejects.toMatchObject({ code: "not-found" });
      await store.remove(want.digest);
    });

    test("forgets a removed blob, while a reader reads on", async () => {
      const store = await open();
      await put(store, want, chunks(bytes));
      const reader = store.read(want.digest)[Symbol.asyncIterator]();
      const first = await reader.next();
      await store.remove(want.digest);
      expect(await store.find(want.digest)).toBeUndefined();
      const rest: Uint8Array[] = [];
      for (let next = first; !next.done; next = await reader.next()) rest.push(next.value);
      expect(new Uint8Array(Buffer.concat(rest))).toEqual(bytes);
    });

    test("shows a staged blob to whoever holds it, and to nobody else before it is committed", async () => {
      const store = await open();
      await using blob = await store.ingest(want, (offset) => chunks(bytes.subarray(offset)));
      expect(blob).toMatchObject(want);
      expect(await readWhole(blob)).toEqual(bytes);
      expect(await store.find(want.digest)).toBeUndefined();
      expect(await Array.fromAsync(store.list())).toEqual([]);
      await store.commit([blob]);
      expect(await read(store, want.digest)).toEqual(bytes);
      expect(await Array.fromAsync(store.listIngests())).toEqual([]);
      expect(await readWhole(blob)).toEqual(bytes);
    });

    test("lets a blob be read as it arrives", async () => {
      const store = await open();
      const rest = Promise.withResolvers<void>();
      const files: BlobFile[] = [];
      const source = async function* () {
        yield bytes.subarray(0, 1000);
        await rest.promise;
        yield bytes.subarray(1000);
      };
      const ingesting = store.ingest(want, source, { onFile: (file) => files.push(file) });
      await expect.poll(() => files).toHaveLength(1);
      const [arriving] = files;
      expect(await arriving?.arrived(0)).toBe(1000);
      const more = arriving?.arrived(1000);
      rest.resolve();
      expect(await more).toBe(want.size);
      await using _ = await ingesting;
      expect(await readWhole({ open: async () => files[0] })).toEqual(bytes);
    });

    test("tells who reads a blob that arrives when no more comes", async () => {
      const store = await open();
      const failure = new Error("the line was cut");
      const ends: Promise<unknown>[] = [];
      const onFile = (file: BlobFile) => void ends.push(endOf(file));
      await expect(store.ingest(want, () => failing(failure), { onFile })).rejects.toBe(failure);
      expect(await ends[0]).toBeInstanceOf(Error);
    });

    test("keeps a staged blob that nobody committed for the next who wants it", async () => {
      const store = await open();
      await (await store.ingest(want, (offset) => chunks(bytes.subarray(offset))))[Symbol.asyncDispose]();
      expect(await Array.fromAsync(store.listIngests())).toMatchObject([{ digest: want.digest, arrived: want.size }]);
      await storeBlob(store, want, { open: () => failing(new Error("it was asked for")) });
      expect(await read(store, want.digest)).toEqual(bytes);
    });

    test("commits several at once, and none that is aborted", async () => {
      const store = await open();
      const other = { digest: digestOf(bytes, "sha512"), size: bytes.byteLength };
      await using one = await store.ingest(want, bytesFrom(bytes));
      await using two = await store.ingest(other, bytesFrom(bytes));
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(store.commit([one, two], { signal })).rejects.toBe(signal.reason);
      expect(await Array.fromAsync(store.list())).toEqual([]);
      await store.commit([one, two]);
      expect(await Array.fromAsync(store.list())).toHaveLength(2);
    });

    test("removes no ingest that somebody holds", async () => {
      const store = await open();
      await using blob = await store.ingest(want, bytesFrom(bytes));
      await store.removeIngest(want.digest);
      await store.commit([blob]);
      expect(await read(store, want.digest)).toEqual(bytes);
    });

    test("tells a blob that is right from one that is absent, and lets others go first", async () => {
      const store = await open();
      expect(await store.verify(want.digest)).toBe(false);
      await put(store, want, chunks(bytes));
      let looked = 0;
      const pace = async (count: number): Promise<void> => void (looked += count);
      expect(await store.verify(want.digest, { pace })).toBe(true);
      expect(looked).toBe(bytes.byteLength);
    });

    describe("an ingest", () => {
      const cutAt = (end: number) => (offset: number) =>
        failing(new Error("the line was cut"), bytes.subarray(offset, end));

      test("reads back what arrived, under sha256 and sha512", async () => {
        const store = await open();
        for (const algorithm of ["sha256", "sha512"] as const) {
          const named = { digest: digestOf(bytes, algorithm), size: bytes.byteLength };
          await storeBlob(store, named, { open: (offset) => chunks(bytes.subarray(offset)) });
          expect(await read(store, named.digest)).toEqual(bytes);
        }
        expect(await Array.fromAsync(store.listIngests())).toEqual([]);
      });

      test("goes on where it was cut off, and asks for nothing twice but the last few bytes", async () => {
        const store = await open();
        const asked: number[] = [];
        for (const end of [100_000, 100_050, 250_000]) {
          await expect(
            storeBlob(store, want, { open: (at) => cutAt(end)(asked[asked.push(at) - 1] ?? 0) }),
          ).rejects.toThrow("cut");
          expect(await store.find(want.digest)).toBeUndefined();
        }
        await storeBlob(store, want, { open: (at) => chunks(bytes.subarray(asked[asked.push(at) - 1])) });
        expect(asked[0]).toBe(0);
        for (const [at, end] of [100_000, 100_050, 250_000].entries()) {
          expect(asked[at + 1]).toBeLessThanOrEqual(end);
          expect(asked[at + 1]).toBeGreaterThan(end - 1000);
        }
        expect(await read(store, want.digest)).toEqual(bytes);
      });

      test("is listed while it is kept, and forgotten when it is removed", async () => {
        const store = await open();
        await expect(storeBlob(store, want, { open: cutAt(100_000) })).rejects.toThrow("cut");
        const [kept] = await Array.fromAsync(store.listIngests());
        expect(kept).toMatchObject({ digest: want.digest });
        expect(kept?.arrived).toBeGreaterThan(99_000);
        await store.removeIngest(want.digest);
        await store.removeIngest(want.digest);
        expect(await Array.fromAsync(store.listIngests())).toEqual([]);
        await storeBlob(store, want, { open: (offset) => chunks(bytes.subarray(offset === 0 ? 0 : Number.NaN)) });
      });

      test("may come, be listed and be removed all at once", async () => {
        const store = await open();
        const done = new AbortController();
        const list = async () => {
          while (!done.signal.aborted) await Array.fromAsync(store.listIngests());
        };
        const listing = list();
        for (let round = 0; round < 50; round += 1) {
          await expect(storeBlob(store, want, { open: cutAt(1000) })).rejects.toThrow("cut");
          const removing = round % 2 === 0 ? store.removeIngest(want.digest) : undefined;
          await storeBlob(store, want, { open: (offset) => chunks(bytes.subarray(offset)) });
          await removing;
          await store.remove(want.digest);
        }
        done.abort();
        await listing;
        expect(await Array.fromAsync(store.listIngests())).toEqual([]);
      });

      test("begins once more from 0 where what was kept turns out to be other bytes", async () => {
        const store = await open();
        await expect(
          storeBlob(store, want, { open: () => failing(new Error("cut"), bytes.toReversed().subarray(0, 100_000)) }),
        ).rejects.toThrow("cut");
        const asked: number[] = [];
        await storeBlob(store, want, { open: (offset) => chunks(bytes.subarray(asked[asked.push(offset) - 1])) });
        expect(asked).toEqual([expect.any(Number), 0]);
        expect(asked[0]).toBeGreaterThan(0);
        expect(await read(store, want.digest)).toEqual(bytes);
      });

      test.for([
        { what: "ends early", source: () => chunks(bytes.subarray(1)) },
        { what: "goes on too long", source: () => chunks(new Uint8Array([...bytes, 1])) },
        { what: "is other bytes", source: () => chunks(bytes.toReversed()) },
      ])("keeps nothing of a source that $what", async ({ source }) => {
        const store = await open();
        await expect(storeBlob(store, want, { open: source })).rejects.toMatchObject({ code: "failed-precondition" });
        expect(await store.find(want.digest)).toBeUndefined();
        expect(await Array.fromAsync(store.listIngests())).toEqual([]);
      });

      const lend = async function* (offset: number, hold?: Promise<void>) {
        const block = new Uint8Array(1000);
        for (let at = offset; at < bytes.byteLength; at += block.byteLength) {
          block.set(bytes.subarray(at, at + block.byteLength));
          yield block.subarray(0, Math.min(block.byteLength, bytes.byteLength - at));
          block.fill(0xff);
          await hold;
        }
      };

      test("uses no block after it has asked for the next", async () => {
        const store = await open();
        await storeBlob(store, want, { open: lend });
        expect(await read(store, want.digest)).toEqual(bytes);
      });

      test("uses none either where another one of the same blob is under way", async () => {
        const store = await open();
        const held = Promise.withResolvers<void>();
        const first = storeBlob(store, want, { open: (offset) => lend(offset, held.promise) });
        await storeBlob(store, want, { open: lend });
        expect(digestOf(await read(store, want.digest))).toBe(want.digest);
        held.resolve();
        await first;
        expect(digestOf(await read(store, want.digest))).toBe(want.digest);
      });

      test("stops with the reason of the signal, and keeps what arrived", async () => {
        const store = await open();
        const reason = new Error("enough");
        const controller = new AbortController();
        const source = async function* () {
          yield bytes.subarray(0, 200_000);
          controller.abort(reason);
          yield bytes.subarray(200_000);
        };
        await expect(storeBlob(store, want, { open: source, signal: controller.signal })).rejects.toBe(reason);
        expect(await Array.fromAsync(store.listIngests())).toMatchObject([{ digest: want.digest }]);
      });

      test("is one of several, of which a stalled one holds up no other", async () => {
        const store = await open();
        const stalled = Promise.withResolvers<void>();
        const waiting = async function* () {
          yield bytes.subarray(0, 1000);
          await stalled.promise;
          yield bytes.subarray(1000);
        };
        const first = storeBlob(store, want, { open: waiting });
        await storeBlob(store, want, { open: (offset) => chunks(bytes.subarray(offset)) });
        expect(await read(store, want.digest)).toEqual(bytes);
        stalled.resolve();
        await first;
        expect(await read(store, want.digest)).toEqual(bytes);
      });

      test("leaves a blob alone that is already there", async () => {
        const store = await open();
        await put(store, want, chunks(bytes));
        await storeBlob(store, want, { open: () => failing(new Error("it was asked for")) });
      });
    });
  });
}

const bytes = new Uint8Array(300_000).map((_, at) => (at * 31) % 251);
const want = { digest: digestOf(bytes), size: bytes.byteLength };

async function* chunks(all: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < all.byteLength; at += 64 * 1024) yield all.subarray(at, at + 64 * 1024);
}

async function* failing(failure: Error, first = bytes.subarray(0, 100)): AsyncGenerator<Uint8Array> {
  yield first;
  throw failure;
}

async function put(
  store: ContentStore,
  blob: Pick<Descriptor, "digest" | "size">,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  await storeBlob(store, blob, { open: () => source });
}

/** What a reader is told who waits for more than the first bytes. */
async function endOf(file: BlobFile): Promise<unknown> {
  try {
    return await file.arrived(100);
  } catch (error) {
    return error;
  } finally {
    await file[Symbol.asyncDispose]();
  }
}

async function readWhole(blob: { readonly open: () => Promise<BlobFile | undefined> }): Promise<Uint8Array> {
  const file = await blob.open();
  if (file === undefined) throw new Error("there is no file");
  const into = new Uint8Array(await file.arrived(file.size - 1));
  readSync(file.fd, into, 0, into.byteLength, 0);
  await file[Symbol.asyncDispose]();
  return into;
}

function read(store: ContentStore, digest: Digest): Promise<Uint8Array> {
  return collect(store.read(digest));
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(source)));
}
