import { expect, test } from "vitest";
import { choosePlatform, formatPlatform, type Platform, parsePlatform } from "./index.ts";

test.for([
  { text: "linux/amd64", means: "linux/amd64" },
  { text: "linux/x86_64", means: "linux/amd64" },
  { text: "linux/amd64/v1", means: "linux/amd64" },
  { text: "linux/amd64/v3", means: "linux/amd64/v3" },
  { text: "linux/aarch64", means: "linux/arm64" },
  { text: "linux/arm64/v8", means: "linux/arm64" },
  { text: "linux/arm64/8", means: "linux/arm64" },
  { text: "linux/arm", means: "linux/arm/v7" },
  { text: "linux/armhf", means: "linux/arm/v7" },
  { text: "linux/arm/v6", means: "linux/arm/v6" },
  { text: "Linux/RISCV64", means: "linux/riscv64" },
])("reads $text as $means", ({ text, means }) => {
  expect(formatPlatform(parsePlatform(text))).toBe(means);
});

test.for(["", "linux", "linux/", "/amd64", "linux/arm/v7/more", "linux/arm/", "linux/a b"])("refuses %j", (text) => {
  expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});

test.for([
  { wanted: "linux/amd64", offered: ["linux/arm64", "linux/amd64"], takes: "linux/amd64" },
  { wanted: "linux/amd64/v3", offered: ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], takes: "linux/amd64/v2" },
  { wanted: "linux/amd64", offered: ["linux/amd64/v2"], takes: undefined },
  { wanted: "linux/arm/v7", offered: ["linux/arm/v5", "linux/arm/v6"], takes: "linux/arm/v6" },
  { wanted: "linux/arm/v6", offered: ["linux/arm/v7"], takes: undefined },
  { wanted: "linux/arm64/v9", offered: ["linux/arm64"], takes: "linux/arm64" },
  { wanted: "linux/arm64", offered: ["linux/arm/v7"], takes: undefined },
  { wanted: "linux/amd64", offered: ["windows/amd64", "unknown/unknown"], takes: undefined },
  { wanted: "linux/riscv64", offered: ["linux/riscv64"], takes: "linux/riscv64" },
])("for $wanted takes $takes of $offered", ({ wanted, offered, takes }) => {
  const offers: readonly { platform?: Platform }[] = [
    {},
    ...offered.map((text) => ({ platform: parsePlatform(text) })),
  ];
  const chosen = choosePlatform(offers, parsePlatform(wanted));
  expect(chosen?.platform && formatPlatform(chosen.platform)).toBe(takes);
});

test("takes the first of equals", () => {
  const platform = parsePlatform("linux/amd64");
  const first = { platform, digest: 1 };
  expect(choosePlatform([first, { platform, digest: 2 }], platform)).toBe(first);
});
