import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { type Daemon, startDaemon } from "@stowage/stowaged";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cases } from "./cases.ts";
import { errorCases } from "./error-cases.ts";
import { runCase } from "./run-case.ts";

let directory: string;
let daemon: Daemon;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cri-conformance-"));
  const address = join(directory, "s.sock");
  daemon = await startDaemon({ ...defaultSettings, root: join(directory, "store"), address });
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test("no two cases have one name", () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

const rest = cases.filter((one) => !errorCases.includes(one));

test.for(rest)("$name ($source)", async (one) => {
  expect(await runCase(`unix://${daemon.address}`, one)).toEqual({ kind: "pass" });
});

// Most of these wait for a registry to be tried again, and look at nothing but what is their own.
test.concurrent.for(errorCases)("$name ($source)", async (one) => {
  expect(await runCase(`unix://${daemon.address}`, one)).toEqual({ kind: "pass" });
});
