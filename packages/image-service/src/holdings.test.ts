import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { blobResource, layerResource, type Resource } from "@stowage/images";
import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { Holdings } from "./holdings.ts";

const blob = blobResource(digestOf("one"));
const layer = layerResource(digestOf("one"));

/** Removals that end when they are told to. */
function removals() {
  const begun: string[] = [];
  const begin = (holdings: Holdings, name: string, resource: Resource = blob) => {
    const gate = Promise.withResolvers<void>();
    const ended = holdings.unlessHeld(resource, () => {
      begun.push(name);
      return gate.promise;
    });
    ended.catch(() => undefined);
    return { ended, end: gate.resolve, fail: gate.reject };
  };
  return { begun, begin };
}

async function isRemoved(holdings: Holdings, resource: Resource): Promise<boolean> {
  let removed = false;
  await holdings.unlessHeld(resource, async () => void (removed = true));
  return removed;
}

test("removes what nobody holds, though a layer may have the digest of a blob", async () => {
  const holdings = new Holdings();
  await holdings.take("a pull", [layer]);
  expect(await isRemoved(holdings, blob)).toBe(true);
  expect(await isRemoved(holdings, layer)).toBe(false);
});

test("keeps all that is held, until it is let go", async () => {
  const holdings = new Holdings();
  await holdings.take("a pull", [blob, layer]);
  expect(await isRemoved(holdings, blob)).toBe(false);
  expect(holdings.end("a pull")).toEqual([blob, layer]);
  expect(await isRemoved(holdings, blob)).toBe(true);
  expect(await isRemoved(holdings, layer)).toBe(true);
  expect(holdings.end("a pull")).toEqual([]);
});

test("keeps what two hold until both have let go, though one holds it twice", async () => {
  const holdings = new Holdings();
  await holdings.take("one", [blob, blob]);
  await holdings.take("two", [blob]);
  expect(holdings.end("one")).toEqual([]);
  expect(await isRemoved(holdings, blob)).toBe(false);
  expect(holdings.end("two")).toEqual([blob]);
  expect(await isRemoved(holdings, blob)).toBe(true);
});

test("never lets go in between of what a holder goes on to hold", async () => {
  const holdings = new Holdings();
  holdings.hold("an image", [blob, layer]);
  holdings.hold("an image", [blob]);
  expect(holdings.isHeld(blob)).toBe(true);
  expect(holdings.isHeld(layer)).toBe(false);
  expect(holdings.end("an image")).toEqual([blob]);
});

test.for([
  { how: "succeeds", end: ({ end }: { readonly end: () => void }) => end() },
  { how: "fails", end: ({ fail }: { readonly fail: (error: Error) => void }) => fail(new Error("the disk failed")) },
])("is taken only after a removal that has begun $how", async ({ end }) => {
  const holdings = new Holdings();
  const removal = removals().begin(holdings, "one");
  const told: string[] = [];
  const taking = holdings.take("a pull", [blob]).then(() => told.push("taken"));
  await turnOfTheLoop();
  expect(told).toEqual([]);
  end(removal);
  await taking;
  expect(told).toEqual(["taken"]);
});

test("tells the failure of a removal to who asked for it, and lets the next one begin", async () => {
  const holdings = new Holdings();
  const failure = new Error("the disk failed");
  const { begin } = removals();
  const removal = begin(holdings, "one");
  removal.fail(failure);
  await expect(removal.ended).rejects.toBe(failure);
  expect(await isRemoved(holdings, blob)).toBe(true);
});

test("removes one thing once at a time", async () => {
  const holdings = new Holdings();
  const { begun, begin } = removals();
  const one = begin(holdings, "one");
  const two = begin(holdings, "two");
  const apart = begin(holdings, "apart", layer);
  await turnOfTheLoop();
  expect(begun).toEqual(["one", "apart"]);
  for (const removal of [one, two, apart]) removal.end();
  await Promise.all([one.ended, two.ended, apart.ended]);
  expect(begun).toEqual(["one", "apart", "two"]);
});

test("is not overtaken by a removal that waited for another one", async () => {
  const holdings = new Holdings();
  const { begun, begin } = removals();
  const one = begin(holdings, "one");
  const two = begin(holdings, "two");
  const taking = holdings.take("a pull", [blob]);
  one.end();
  await taking;
  await two.ended;
  expect(begun).toEqual(["one"]);
});
