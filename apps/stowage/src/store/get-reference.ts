import { type AbortOptions, StowageError } from "@stowage/errors";
import type { Reference } from "@stowage/reference";
import type { Names } from "@stowage/registry";

/** The reference that a name stands for first. Fails with `invalid-argument` where it may stand for several, and none is to be taken. */
export async function getReference(names: Names, text: string, options: AbortOptions): Promise<Reference> {
  const { references, ambiguity } = await names.candidates(text, options);
  const [first] = references;
  if (ambiguity === undefined && first !== undefined) return first;
  throw new StowageError("invalid-argument", `Cannot find "${text}": ${ambiguity ?? "it stands for nothing"}`);
}
