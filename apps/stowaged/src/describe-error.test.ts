import { StowageError } from "@stowage/errors";
import { expect, test } from "vitest";
import { describeError } from "./describe-error.ts";

test("tells an error and its causes in their own words", () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const error = new StowageError("unavailable", "Cannot pull a: no", { cause });
  expect(describeError(error)).toMatchObject({
    type: "StowageError",
    code: "unavailable",
    message: "Cannot pull a: no",
    stack: expect.stringContaining("describe-error.test"),
    cause: { message: "connect ECONNREFUSED", code: "ECONNREFUSED" },
  });
});

test("tells nothing of what else hangs on it", () => {
  const error = Object.assign(new Error("it failed"), { request: { headers: { authorization: "canary" } } });
  expect(JSON.stringify(describeError(new Error("outer", { cause: error })))).not.toContain("canary");
  expect(JSON.stringify(describeError({ authorization: "canary" }))).not.toContain("canary");
});

test("ends where causes go round in circles", () => {
  const error = new Error("round");
  error.cause = error;
  expect(JSON.stringify(describeError(error)).match(/"message"/g)).toHaveLength(6);
});
