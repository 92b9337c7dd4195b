import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { linked } from "./index.ts";

test.for([0, 1])("aborts with signal %i, with its reason", (at) => {
  const sources = [new AbortController(), new AbortController()];
  using link = linked(undefined, ...sources.map(({ signal }) => signal));
  expect(link.signal.aborted).toBe(false);
  const reason = new Error("enough");
  sources[at]?.abort(reason);
  expect(link.signal.reason).toBe(reason);
});

test("is aborted from the beginning with one that is", () => {
  const reason = new Error("enough");
  using link = linked(new AbortController().signal, AbortSignal.abort(reason));
  expect(link.signal.reason).toBe(reason);
});

test("lets go of those that outlive it", () => {
  const { signal } = new AbortController();
  {
    using _link = linked(signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
