import type { Case } from "./case.ts";
import { DifferenceError, isCallFailure, tellFailure } from "./expectation.ts";
import { openContext } from "./open-context.ts";

/** How a case went. */
export type Outcome =
  | { readonly kind: "pass" }
  | { readonly kind: "differs"; readonly expected: string; readonly came: string };

/** Runs a case against the socket `endpoint`, `unix:///path`. Fails where that cannot be found out. */
export async function runCase(endpoint: string, { run }: Case): Promise<Outcome> {
  await using context = await openContext(endpoint);
  try {
    await run(context);
    return { kind: "pass" };
  } catch (error) {
    if (error instanceof DifferenceError) return { kind: "differs", expected: error.expected, came: error.came };
    if (isCallFailure(error)) return { kind: "differs", expected: "OK", came: tellFailure(error) };
    throw error;
  }
}
