import { createHash } from "node:crypto";
import { array, assert, asyncProperty, nat } from "fast-check";
import { expect, test } from "vitest";
import { isHashCheckpoint, startResumableHash } from "./index.ts";

const algorithms = ["sha256", "sha512"] as const;

function bytesOf(length: number): Uint8Array {
  return new Uint8Array(length).map((_, at) => (at * 31) % 251);
}

test.for(algorithms)(
  "%s goes on from a checkpoint wherever it was taken, as if it had never stopped",
  async (algorithm) => {
    await assert(
      asyncProperty(array(nat(1000), { maxLength: 12 }), nat(12), async (lengths, stop) => {
        let hash = startResumableHash(algorithm);
        const all: Uint8Array[] = [];
        for (const [at, length] of lengths.entries()) {
          const bytes = bytesOf(length);
          all.push(bytes);
          await hash?.update(bytes);
          if (at !== stop || hash === undefined) continue;
          const checkpoint = hash.checkpoint();
          expect(isHashCheckpoint(algorithm, checkpoint)).toBe(true);
          hash = startResumableHash(algorithm, checkpoint);
          await hash?.update(Buffer.concat(all).subarray(checkpoint.bytes));
        }
        expect(await hash?.finish()).toBe(createHash(algorithm).update(Buffer.concat(all)).digest("hex"));
      }),
    );
  },
);

test("counts beyond what fits into 32 bits", async () => {
  const checkpoint = { bytes: 5 * 2 ** 30, state: "00".repeat(32) };
  const hash = startResumableHash("sha256", checkpoint);
  await hash?.update(bytesOf(128));
  expect(hash?.checkpoint().bytes).toBe(5 * 2 ** 30 + 128);
  const other = startResumableHash("sha256", { ...checkpoint, bytes: 2 ** 30 });
  await other?.update(bytesOf(128));
  expect(await hash?.finish()).not.toBe(await other?.finish());
});

test.for([
  { bytes: 1, state: "00".repeat(32) },
  { bytes: -128, state: "00".repeat(32) },
  { bytes: 2 ** 60, state: "00".repeat(32) },
  { bytes: 128, state: "00".repeat(31) },
  { bytes: 128, state: "zz".repeat(32) },
  { bytes: Number.NaN, state: "00".repeat(32) },
])("does not take %j for a checkpoint", (checkpoint) => {
  expect(isHashCheckpoint("sha256", checkpoint)).toBe(false);
});

test.for(algorithms)("leaves %s of nothing as it is", async (algorithm) => {
  expect(await startResumableHash(algorithm)?.finish()).toBe(createHash(algorithm).digest("hex"));
});
