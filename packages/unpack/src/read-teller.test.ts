import { expect, test } from "vitest";
import { ReadTeller } from "./read-teller.ts";

const mib = 1024 * 1024;

test("tells of each MiB, and each second in which there is work", () => {
  let now = 0;
  const told: string[] = [];
  const teller = new ReadTeller(
    (bytes) => void told.push(`${bytes} at ${now}`),
    () => now,
  );
  for (const [at, bytes] of [
    [10, 5],
    [20, mib],
    [30, mib + 5],
    [1019, mib + 5],
    [1020, mib + 5],
    [1100, mib + 5],
    [2020, mib + 5],
  ] as const) {
    now = at;
    teller.note(bytes);
  }
  expect(told).toEqual([`${mib} at 20`, `${mib + 5} at 1020`, `${mib + 5} at 2020`]);
});
