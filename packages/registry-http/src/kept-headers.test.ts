import { inspect } from "node:util";
import { type Credential, Secret } from "@stowage/auth";
import { expect, test } from "vitest";
import type { HostCall } from "./call.ts";
import { KeptHeaders } from "./kept-headers.ts";
import { maxKeptHeaders } from "./limits.ts";

const header = new Secret("Bearer canary");
const made = { header, challenges: [], seconds: 60 };
const callOf = (credential?: Credential, path = "team/app", origin = "https://registry.example"): HostCall => ({
  action: "pull",
  actions: "pull",
  repository: { domain: "registry.example", path },
  host: { url: new URL(`${origin}/v2`), path, role: "origin", capabilities: new Set(["pull"]) },
  credential,
  options: {},
});
const basic = (username: string, password: string): Credential => ({
  kind: "basic",
  username,
  password: new Secret(password),
});

test("equal credentials are one caller, and others are not", () => {
  const kept = new KeptHeaders(() => 0);
  const callers = [
    undefined,
    basic("me", "pw"),
    basic("me", "pw2"),
    basic("me:pw", ""),
    basic("", "me:pw"),
    { kind: "identity-token", token: new Secret("pw") },
    { kind: "registry-token", token: new Secret("pw") },
  ] as const;
  const keys = callers.map((caller) => kept.keyOf(callOf(caller)));
  expect(new Set(keys).size).toBe(callers.length);
  expect(kept.keyOf(callOf(basic("me", "pw")))).toBe(keys[1]);
  expect(kept.keyOf(callOf(undefined, "other"))).not.toBe(keys[0]);
  expect(kept.keyOf({ ...callOf(), actions: "pull,push" })).not.toBe(keys[0]);
  expect(kept.keyOf(callOf(undefined, "team/app", "http://registry.example"))).not.toBe(keys[0]);
});

test("a key shows nothing of a credential, and is another one in every registry", () => {
  const [one, other] = [new KeptHeaders(() => 0), new KeptHeaders(() => 0)];
  const call = callOf(basic("me", "canary"));
  const key = one.keyOf(call);
  one.keep(key, made);
  expect(`${key} ${inspect(one, { depth: null, showHidden: true })}`).not.toMatch(/canary|Y2FuYXJ5/);
  expect(other.keyOf(call)).not.toBe(key);
});

test("a header is good until its end, and forgotten when another is kept after that", () => {
  let clock = 0;
  const kept = new KeptHeaders(() => clock);
  kept.keep("a", made);
  clock = 59_999;
  expect(kept.find("a")).toBe(header);
  clock = 60_000;
  expect(kept.find("a")).toBeUndefined();
  kept.keep("b", made);
  expect(kept.size).toBe(1);
});

test("no more are kept than there is room for, the latest of them", () => {
  const kept = new KeptHeaders(() => 0);
  for (let count = 0; count <= maxKeptHeaders; count += 1) kept.keep(`${count}`, made);
  kept.keep("1", made);
  expect(kept.size).toBe(maxKeptHeaders);
  expect(["0", "1", `${maxKeptHeaders}`].map((key) => kept.find(key))).toEqual([undefined, header, header]);
});
