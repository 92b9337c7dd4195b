import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cases } from "./cases.ts";
import { containerdDifferences, containerdVersion } from "./containerd-differences.ts";
import { CriClient } from "./cri-client.ts";
import { differencesDocument } from "./differences-document.ts";
import { runCase } from "./run-case.ts";
import { type Containerd, startContainerd } from "./start-containerd.ts";

const needsRoot = process.getuid?.() !== 0;

const byName = new Map(containerdDifferences.map((difference) => [difference.name, difference]));

describe.skipIf(needsRoot)("Debian's containerd (needs root)", () => {
  let containerd: Containerd;

  beforeAll(async () => {
    containerd = await startContainerd();
  });

  afterAll(() => containerd[Symbol.asyncDispose]());

  test("is the version that the table is of", async () => {
    using client = new CriClient(containerd.endpoint);
    expect((await client.version()).runtimeVersion).toContain(containerdVersion);
  });

  test.for(cases)("answers as the table says: $name", async (one) => {
    const outcome = await runCase(containerd.endpoint, one);
    const came = byName.get(one.name)?.came;
    const expected = { kind: "differs", expected: expect.any(String), came: expect.stringMatching(came ?? /^/) };
    expect(outcome).toEqual(came === undefined ? { kind: "pass" } : expected);
  });
});

test("every difference is that of a case", () => {
  const names = new Set(cases.map(({ name }) => name));
  expect(containerdDifferences.filter(({ name }) => !names.has(name))).toEqual([]);
});

test("the page in docs says what the table says", async () => {
  await expect(differencesDocument()).toMatchFileSnapshot("../../../docs/cri-differences.md");
});
