import { type Digest, digestOf } from "@stowage/oci";
import { array, assert, asyncProperty, nat, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { PushSource } from "./push-source.ts";

const bytes = new TextEncoder().encode("some bytes to push");
const want = { digest: digestOf(bytes), size: bytes.byteLength };

const from = (all: Uint8Array) =>
  async function* (start: number) {
    for (let at = start; at < all.byteLength; at += 5) yield all.subarray(at, at + 5);
  };

const read = async (source: PushSource, start: number, end: number) =>
  Buffer.concat(await Array.fromAsync(source.read({ start, end })));

test("gives spans in order from one reading", async () => {
  const opened: number[] = [];
  const source = new PushSource(want, (start) => {
    opened.push(start);
    return from(bytes)(start);
  });
  const parts = [await read(source, 0, 7), await read(source, 7, 8), await read(source, 8, want.size)];
  expect(Buffer.concat(parts)).toEqual(Buffer.from(bytes));
  expect(opened).toEqual([0]);
});

test("gives any spans again, and after one that was left early", async () => {
  await assert(
    asyncProperty(uint8Array({ minLength: 1, maxLength: 40 }), array(nat(40)), async (all, cuts) => {
      const size = all.byteLength;
      const source = new PushSource({ digest: digestOf(all), size }, from(all));
      let at = 0;
      for (const cut of [...cuts, size]) {
        const end = Math.min(size, cut);
        const start = Math.min(at, end);
        for await (const _ of source.read({ start, end })) break;
        expect(await read(source, start, end)).toEqual(Buffer.from(all.subarray(start, end)));
        at = Math.max(at, end);
      }
    }),
  );
});

test.for<{ what: string; other: Uint8Array; digest?: Digest }>([
  { what: "fewer", other: bytes.subarray(1) },
  { what: "more", other: Buffer.concat([bytes, bytes.subarray(0, 1)]) },
  { what: "other", other: bytes.map((byte) => byte ^ 1) },
])("never gives all of $what bytes than are wanted", async ({ other }) => {
  const source = new PushSource(want, from(other));
  let given = 0;
  const reading = async () => {
    for await (const block of source.read({ start: 0, end: want.size })) given += block.byteLength;
  };
  await expect(reading()).rejects.toMatchObject({ code: "failed-precondition" });
  expect(given).toBeLessThan(want.size);
  expect(() => source.throwFailure()).toThrow(expect.objectContaining({ code: "failed-precondition" }));
});

test("hashes anew what begins anew", async () => {
  let current = bytes;
  const source = new PushSource(want, (start) => from(current)(start));
  await read(source, 0, want.size);
  current = bytes.map((byte) => byte ^ 1);
  await expect(read(source, 0, want.size)).rejects.toMatchObject({ code: "failed-precondition" });
});

test.for([
  { given: new Uint8Array(), fails: false },
  { given: bytes, fails: true },
])("checks that nothing is nothing: $fails", async ({ given, fails }) => {
  const source = new PushSource({ digest: digestOf(""), size: 0 }, from(given));
  if (fails) await expect(read(source, 0, 0)).rejects.toMatchObject({ code: "failed-precondition" });
  else expect(await read(source, 0, 0)).toHaveLength(0);
});
