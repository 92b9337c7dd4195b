import { expect, test } from "vitest";
import { findShortName } from "./index.ts";

const digest = `sha256:${"a".repeat(64)}`;

test.for([
  { text: "busybox", is: { name: "busybox", object: "" } },
  { text: "busybox:1", is: { name: "busybox", object: ":1" } },
  { text: `busybox@${digest}`, is: { name: "busybox", object: `@${digest}` } },
  { text: `team/app:1@${digest}`, is: { name: "team/app", object: `:1@${digest}` } },
  { text: "localhost/app", is: undefined },
  { text: "host:5000/app", is: undefined },
  { text: "registry.example/app:1", is: undefined },
  { text: "docker.io/busybox", is: undefined },
])("$text as a short name is $is", ({ text, is }) => {
  expect(findShortName(text)).toEqual(is);
});

test.for(["", "UPPER", "a:", "f".repeat(64)])("refuses %j, as a reference", (text) => {
  expect(() => findShortName(text)).toThrow("Cannot parse");
});
