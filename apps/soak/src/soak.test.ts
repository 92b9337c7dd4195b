import { expect, test } from "vitest";
import { decodeSmaps } from "./memory-profile.ts";
import { soak } from "./soak.ts";
import { findLeaks } from "./verdict.ts";

const needsRoot = process.getuid?.() !== 0;

test.skipIf(needsRoot)(
  "twenty clients under faults for fifteen seconds leave nothing behind (needs root)",
  async () => {
    const report = await soak({ seconds: 15, clients: 20, seed: "a soak" });
    expect(findLeaks(report)).toEqual([]);
    expect(report.tally.counts.get("pull OK")).toBeGreaterThan(50);
    expect(report.tally.counts.get("remove OK")).toBeGreaterThan(50);
  },
  180_000,
);

test("mappings are added up by what they are of", () => {
  const text = [
    "00400000-06000000 r-xp 00000000 fe:00 1 /usr/bin/node",
    "Rss:                 400 kB",
    "06000000-07000000 rw-p 00000000 00:00 0 ",
    "Rss:                  40 kB",
    "07000000-08000000 rw-p 00000000 00:00 0 ",
    "Rss:                   4 kB",
    "08000000-09000000 r--p 00000000 fe:00 2                     /lib/libc.so.6",
    "Rss:                   0 kB",
  ].join("\n");
  const parts = [
    { what: "node, code", bytes: 400 * 1024 },
    { what: "anonymous", bytes: 44 * 1024 },
  ];
  expect(decodeSmaps(text)).toEqual({ resident: 444 * 1024, parts });
});
