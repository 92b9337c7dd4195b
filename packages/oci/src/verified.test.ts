import { expect, test } from "vitest";
import { ContentMismatchError, collectBytes, digestOf, verified } from "./index.ts";

const bytes = new TextEncoder().encode("some bytes that arrive in pieces");

async function* pieces(all: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < all.byteLength; at += 7) yield all.subarray(at, at + 7);
}

test.for(["sha256", "sha512"] as const)("passes bytes on that are what %s named", async (algorithm) => {
  const want = { digest: digestOf(bytes, algorithm), size: bytes.byteLength };
  expect(await collectBytes(verified(pieces(bytes), want), 100)).toEqual(Buffer.from(bytes));
});

test.for([
  { what: "other bytes", came: bytes.toReversed() },
  { what: "too few bytes", came: bytes.subarray(1) },
  { what: "too many bytes", came: new Uint8Array([...bytes, 0]) },
  { what: "no bytes", came: new Uint8Array() },
])("refuses $what", async ({ came }) => {
  const want = { digest: digestOf(bytes), size: bytes.byteLength };
  await expect(Array.fromAsync(verified(pieces(came), want))).rejects.toBeInstanceOf(ContentMismatchError);
});

test("stops at the first byte too many", async () => {
  let read = 0;
  const endless = async function* () {
    for (;;) {
      read += 1000;
      yield new Uint8Array(1000);
    }
  };
  await expect(Array.fromAsync(verified(endless(), { digest: digestOf(bytes), size: 3500 }))).rejects.toThrow(
    /more than 3500/,
  );
  await expect(collectBytes(endless(), 2500)).rejects.toMatchObject({ code: "invalid-argument" });
  expect(read).toBe(7000);
});
