import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./index.ts";

const canary = "canary-4711";

test.for([
  { how: "String", show: (secret: Secret) => String(secret) },
  { how: "a template", show: (secret: Secret) => ["", secret].join("") },
  { how: "JSON", show: (secret: Secret) => JSON.stringify({ secret }) },
  { how: "inspect", show: (secret: Secret) => inspect({ secret }, { depth: null, showHidden: true, getters: true }) },
  {
    how: "inspect without custom",
    show: (secret: Secret) => inspect(secret, { customInspect: false, showHidden: true }),
  },
  { how: "spreading", show: (secret: Secret) => JSON.stringify(Object.assign({}, secret)) },
  {
    how: "a structured clone",
    show: (secret: Secret) => inspect(structuredClone(Object.assign({}, secret)), { showHidden: true }),
  },
  { how: "an error", show: (secret: Secret) => inspect(new Error(`it was ${String(secret)}`, { cause: secret })) },
])("CVE-2020-8564: is not shown by $how", ({ show }) => {
  expect(show(new Secret(canary))).not.toContain(canary);
});

test("is revealed on request", () => {
  expect(new Secret(canary).reveal()).toBe(canary);
});
