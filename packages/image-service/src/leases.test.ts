import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { expect, test } from "vitest";
import { Leases } from "./leases.ts";

/** Removals that end when they are told to. */
function removals() {
  const begun: string[] = [];
  const begin = (leases: Leases, name: string, key = "a blob") => {
    const gate = Promise.withResolvers<void>();
    const ended = leases.unlessHeld(key, () => {
      begun.push(name);
      return gate.promise;
    });
    ended.catch(() => undefined);
    return { ended, end: gate.resolve, fail: gate.reject };
  };
  return { begun, begin };
}

async function isRemoved(leases: Leases, key: string): Promise<boolean> {
  let removed = false;
  await leases.unlessHeld(key, async () => void (removed = true));
  return removed;
}

test("removes what nobody holds", async () => {
  const leases = new Leases();
  using _other = await leases.take(["another blob"]);
  expect(await isRemoved(leases, "a blob")).toBe(true);
});

test("keeps all that is held, until it is let go", async () => {
  const leases = new Leases();
  const lease = await leases.take(["a blob", "a layer"]);
  expect(await isRemoved(leases, "a blob")).toBe(false);
  expect(await isRemoved(leases, "a layer")).toBe(false);
  lease[Symbol.dispose]();
  expect(await isRemoved(leases, "a blob")).toBe(true);
  expect(await isRemoved(leases, "a layer")).toBe(true);
});

test("keeps what two hold until both have let go, though one holds it twice", async () => {
  const leases = new Leases();
  const one = await leases.take(["a blob", "a blob"]);
  const two = await leases.take(["a blob"]);
  one[Symbol.dispose]();
  expect(await isRemoved(leases, "a blob")).toBe(false);
  two[Symbol.dispose]();
  expect(await isRemoved(leases, "a blob")).toBe(true);
});

test.for([
  { how: "succeeds", end: ({ end }: { readonly end: () => void }) => end() },
  { how: "fails", end: ({ fail }: { readonly fail: (error: Error) => void }) => fail(new Error("the disk failed")) },
])("is taken only after a removal that has begun $how", async ({ end }) => {
  const leases = new Leases();
  const removal = removals().begin(leases, "one");
  const told: string[] = [];
  const taking = leases.take(["a blob"]).then(() => told.push("taken"));
  await turnOfTheLoop();
  expect(told).toEqual([]);
  end(removal);
  await taking;
  expect(told).toEqual(["taken"]);
});

test("tells the failure of a removal to who asked for it, and lets the next one begin", async () => {
  const leases = new Leases();
  const failure = new Error("the disk failed");
  const { begin } = removals();
  const removal = begin(leases, "one");
  removal.fail(failure);
  await expect(removal.ended).rejects.toBe(failure);
  expect(await isRemoved(leases, "a blob")).toBe(true);
});

test("removes one thing once at a time", async () => {
  const leases = new Leases();
  const { begun, begin } = removals();
  const one = begin(leases, "one");
  const two = begin(leases, "two");
  const apart = begin(leases, "apart", "another blob");
  await turnOfTheLoop();
  expect(begun).toEqual(["one", "apart"]);
  for (const removal of [one, two, apart]) removal.end();
  await Promise.all([one.ended, two.ended, apart.ended]);
  expect(begun).toEqual(["one", "apart", "two"]);
});

test("is not overtaken by a removal that waited for another one", async () => {
  const leases = new Leases();
  const { begun, begin } = removals();
  const one = begin(leases, "one");
  const two = begin(leases, "two");
  const taking = leases.take(["a blob"]);
  one.end();
  using _lease = await taking;
  await two.ended;
  expect(begun).toEqual(["one"]);
});

test("keeps until the end of a collection what was held when it began", async () => {
  const leases = new Leases();
  const lease = await leases.take(["a blob"]);
  await leases.collect(async () => {
    lease[Symbol.dispose]();
    expect(await isRemoved(leases, "a blob")).toBe(false);
  });
  expect(await isRemoved(leases, "a blob")).toBe(true);
});

test("keeps it until the last collection is over, also where one fails", async () => {
  const leases = new Leases();
  const lease = await leases.take(["a blob"]);
  const failure = new Error("the disk failed");
  const failing = leases.collect(async () => {
    await leases.collect(async () => lease[Symbol.dispose]());
    expect(await isRemoved(leases, "a blob")).toBe(false);
    throw failure;
  });
  await expect(failing).rejects.toBe(failure);
  expect(await isRemoved(leases, "a blob")).toBe(true);
});
