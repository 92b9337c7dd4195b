import { expect, test } from "vitest";
import { describeState, emptyState, type ModelChange, possibleStates } from "./store-model.ts";

const pull = (tag: string, id: string): ModelChange => ({ kind: "pull", tag, id });
const remove = (tag: string): ModelChange => ({ kind: "remove", tag });
const here = possibleStates(emptyState, [pull("a:1", "one"), pull("a:2", "one")])[0] ?? emptyState;

test.for<{ what: string; certain: ModelChange[]; uncertain?: ModelChange[]; states: string[] }>([
  { what: "a removal", certain: [remove("a:2")], states: [""] },
  { what: "a pull of what a tag names now", certain: [pull("a:2", "two")], states: ["a:1 one|a:2 two|one|two"] },
  {
    what: "a pull and a removal of one tag at once",
    certain: [pull("a:2", "two"), remove("a:2")],
    states: ["a:1 one|one", "a:2 two|two"],
  },
  { what: "a removal that was cut off", certain: [], uncertain: [remove("a:1")], states: ["", "a:1 one|a:2 one|one"] },
])("knows what $what can lead to", ({ certain, uncertain, states }) => {
  const described = possibleStates(here, certain, uncertain).map(describeState);
  expect(described.map((state) => state.replaceAll("\n", "|")).toSorted()).toEqual(states);
});
