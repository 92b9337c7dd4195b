import { StowageError } from "@stowage/errors";
import type { Ending } from "./observe.ts";

/** How something went, in a bounded number of words. What is no error of ours was not foreseen: `internal`. */
export function outcomeOf({ error }: Pick<Ending, "error">): { readonly result: string; readonly error: string } {
  if (error === undefined) return { result: "success", error: "" };
  return { result: "failure", error: error instanceof StowageError ? error.code : "internal" };
}
