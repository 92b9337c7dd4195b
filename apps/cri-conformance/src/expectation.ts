import { isDeepStrictEqual } from "node:util";
import { status } from "@grpc/grpc-js";

/** What a case found other than it should be. */
export class DifferenceError extends Error {
  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: string) {
    super(`expected ${expected}; came ${came}`);
    this.name = new.target.name;
    this.expected = expected;
    this.came = came;
  }
}

/** `what` names the value in a report. */
export function expectEqual(what: string, came: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(came, expected)) throw new DifferenceError(`${what} ${tell(expected)}`, tell(came));
}

/** `expected` says in words what holds. */
export function expectThat(expected: string, holds: boolean, came: unknown): void {
  if (!holds) throw new DifferenceError(expected, tell(came));
}

export interface ExpectedFailure {
  readonly code: status;
  /** How the text begins. */
  readonly starts?: string;
}

/** Waits for a call that has to fail, and so; returns the text of its status. */
export async function expectFailure(call: Promise<unknown>, { code, starts = "" }: ExpectedFailure): Promise<string> {
  const expected = `${status[code]}${starts === "" ? "" : ` "${starts}…"`}`;
  const failure = await call.then(
    () => undefined,
    (error: unknown) => callFailure(error),
  );
  if (failure === undefined) throw new DifferenceError(expected, "OK");
  if (failure.code !== code || !failure.details.startsWith(starts))
    throw new DifferenceError(expected, tellFailure(failure));
  return failure.details;
}

export interface CallFailure {
  readonly code: status;
  readonly details: string;
}

/** The status with which a call failed. What is no failure of a call is thrown on. */
export function callFailure(error: unknown): CallFailure {
  if (isCallFailure(error)) return error;
  throw error;
}

export function isCallFailure(error: unknown): error is Error & CallFailure {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

export function tellFailure({ code, details }: CallFailure): string {
  return `${status[code]} "${details}"`;
}

/** As JSON, in one line, without what only our decoder put there. */
function tell(value: unknown): string {
  if (value === undefined) return "nothing";
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === "$typeName" || key === "$unknown") return undefined;
    return typeof inner === "bigint" ? Number(inner) : inner;
  });
}
