import { array, assert, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { Crc64 } from "./crc64.ts";

function sumOf(...parts: readonly Uint8Array[]): string {
  const sum = new Crc64();
  for (const part of parts) sum.update(part);
  return Buffer.from(sum.digest()).toString("hex");
}

test.for([
  { text: "", sum: "0000000000000000" },
  { text: "123456789", sum: "b90956c775a41001" }, // the check value of CRC-64/GO-ISO
])("the sum of $text is $sum", ({ text, sum }) => {
  expect(sumOf(Buffer.from(text))).toBe(sum);
});

test("is the same however the bytes are cut, and wherever they are in memory", () => {
  assert(
    property(array(uint8Array({ maxLength: 40 }), { maxLength: 6 }), (parts) => {
      const whole = Buffer.concat(parts);
      const shifted = new Uint8Array(whole.byteLength + 1).subarray(1);
      shifted.set(whole);
      expect(sumOf(...parts)).toBe(sumOf(shifted));
    }),
  );
});

test("agrees with the definition of the polynomial, bit by bit", () => {
  assert(
    property(uint8Array({ maxLength: 64 }), (bytes) => {
      expect(sumOf(bytes)).toBe(slowSum(bytes));
    }),
  );
});

function slowSum(bytes: Uint8Array): string {
  const all = (1n << 64n) - 1n;
  let sum = all;
  for (const byte of bytes) {
    sum ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1n) === 1n ? (sum >> 1n) ^ 0xd800_0000_0000_0000n : sum >> 1n;
  }
  return (sum ^ all).toString(16).padStart(16, "0");
}
