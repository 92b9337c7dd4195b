import { type ErrorCode, StowageError } from "@stowage/errors";
import { expect, test } from "vitest";
import { describeFailure } from "./describe-failure.ts";
import { exitCodes } from "./exit-codes.ts";

const plain = { hints: {}, verbose: false };

test.for<{ code: ErrorCode; exit: number }>([
  { code: "invalid-argument", exit: 2 },
  { code: "not-found", exit: 3 },
  { code: "unauthenticated", exit: 4 },
  { code: "permission-denied", exit: 4 },
  { code: "unavailable", exit: 5 },
  { code: "data-loss", exit: 1 },
])("$code ends with $exit, which is documented", ({ code, exit }) => {
  expect(describeFailure(new StowageError(code, "Cannot do it: so it is"), plain)).toEqual({
    code: exit,
    lines: ["Cannot do it: so it is"],
  });
  expect(exitCodes.map((each) => each.code)).toContain(exit);
});

test("says what to try, and with --verbose where it comes from", () => {
  const cause = new TypeError("fetch failed", { cause: "no route" });
  const error = new StowageError("unavailable", "Cannot pull x: it is away", { cause });
  const hints = { unavailable: "try later" };
  expect(describeFailure(error, { hints, verbose: false }).lines).toEqual(["Cannot pull x: it is away; try later"]);
  expect(describeFailure(error, { hints, verbose: true }).lines).toEqual([
    "Cannot pull x: it is away; try later",
    "  because: TypeError: fetch failed",
    "  because: 'no route'",
  ]);
});

test("a bug is called one, and shows where it is to those who ask", () => {
  const bug = new RangeError("off by one");
  expect(describeFailure(bug, plain)).toEqual({
    code: 1,
    lines: ["off by one; this is a bug, run it with --verbose to see where"],
  });
  const [first, second] = describeFailure(bug, { hints: {}, verbose: true }).lines;
  expect(first).toBe("off by one; this is a bug");
  expect(second).toMatch(/^ {2}at .*describe-failure\.test\.ts:/);
});

test("a chain of causes that goes in a circle ends", () => {
  const error = new StowageError("internal", "Cannot go on: it turns");
  error.cause = error;
  expect(describeFailure(error, { hints: {}, verbose: true }).lines.length).toBeLessThan(30);
});
