import { expect, test } from "vitest";
import { nearest } from "./index.ts";

test.for([
  { text: "adress", means: "address" },
  { text: "servre", means: "server" },
  { text: "capability", means: "capabilities" },
  { text: "zzzzzzzz", means: undefined },
  { text: "", means: undefined },
])("takes $text for $means", ({ text, means }) => {
  expect(nearest(text, ["address", "server", "capabilities"])).toBe(means);
});
