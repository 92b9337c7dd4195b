import { type Digest, digestOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import type { ContentStore } from "./content-store.ts";

/** What every `ContentStore` promises. Each adapter's tests call this with a way to open a fresh one. */
export function describeContentStore(name: string, open: () => Promise<ContentStore & Partial<AsyncDisposable>>): void {
  describe(`${name} keeps the promises of ContentStore`, () => {
    test("reads back what was written, under sha256 and sha512", async () => {
      const store = await open();
      for (const algorithm of ["sha256", "sha512"] as const) {
        const want = { digest: digestOf(bytes, algorithm), size: bytes.byteLength };
        await store.write(want, chunks(bytes));
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
      await store.write(want, chunks(new Uint8Array()));
      expect(await store.find(want.digest)).toMatchObject({ size: 0 });
    });

    test.for([
      { what: "ends early", source: () => chunks(bytes.subarray(1)) },
      { what: "goes on too long", source: () => chunks(new Uint8Array([...bytes, 1])) },
      { what: "is other bytes", source: () => chunks(bytes.toReversed()) },
    ])("keeps nothing of a source that $what", async ({ source }) => {
      const store = await open();
      await expect(store.write(want, source())).rejects.toMatchObject({ code: "failed-precondition" });
      expect(await store.find(want.digest)).toBeUndefined();
      expect(await Array.fromAsync(store.list())).toEqual([]);
    });

    test("passes on the failure of a source, keeps nothing, and takes the next try", async () => {
      const store = await open();
      const failure = new Error("the line was cut");
      await expect(store.write(want, failing(failure))).rejects.toBe(failure);
      expect(await store.find(want.digest)).toBeUndefined();
      await store.write(want, chunks(bytes));
      expect(await read(store, want.digest)).toEqual(bytes);
    });

    test("leaves a blob alone that is already there, the source unread", async () => {
      const store = await open();
      await store.write(want, chunks(bytes));
      await store.write(want, failing(new Error("it was read")));
      expect(await read(store, want.digest)).toEqual(bytes);
    });

    test("takes two writers of one blob", async () => {
      const store = await open();
      await Promise.all([store.write(want, chunks(bytes)), store.write(want, chunks(bytes))]);
      expect(await read(store, want.digest)).toEqual(bytes);
    });

    test("fails to read what is absent, and removes it without complaint", async () => {
      const store = await open();
      await expect(read(store, want.digest)).rejects.toMatchObject({ code: "not-found" });
      await store.remove(want.digest);
    });

    test("forgets a removed blob, while a reader reads on", async () => {
      const store = await open();
      await store.write(want, chunks(bytes));
      const reader = store.read(want.digest)[Symbol.asyncIterator]();
      const first = await reader.next();
      await store.remove(want.digest);
      expect(await store.find(want.digest)).toBeUndefined();
      const rest: Uint8Array[] = [];
      for (let next = first; !next.done; next = await reader.next()) rest.push(next.value);
      expect(new Uint8Array(Buffer.concat(rest))).toEqual(bytes);
    });

    test("stops with the reason of the signal and keeps nothing", async () => {
      const store = await open();
      const reason = new Error("enough");
      const controller = new AbortController();
      const source = async function* () {
        yield bytes.subarray(0, 10);
        controller.abort(reason);
        yield bytes.subarray(10);
      };
      await expect(store.write(want, source(), { signal: controller.signal })).rejects.toBe(reason);
      expect(await store.find(want.digest)).toBeUndefined();
    });
  });
}

const bytes = new Uint8Array(300_000).map((_, at) => (at * 31) % 251);
const want = { digest: digestOf(bytes), size: bytes.byteLength };

async function* chunks(all: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < all.byteLength; at += 64 * 1024) yield all.subarray(at, at + 64 * 1024);
}

async function* failing(failure: Error): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 100);
  throw failure;
}

async function read(store: ContentStore, digest: Digest): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(store.read(digest))));
}
