import { findReference, formatRepository } from "@stowage/reference";
import { z } from "zod";
import type { SignedIdentity } from "./policy.ts";
import { textual } from "./text-schemas.ts";

const dockerReference = textual("a reference with a tag or a digest", (text) => {
  return /[:@][^/]*$/.test(text) && findReference(text) !== undefined;
});

const dockerRepository = textual("the name of a repository", (text) => findReference(text) !== undefined);

/** What a reference in its complete form can begin with. */
const prefix = textual('a host, a namespace or a repository in full, like "docker.io/library"', (text) => {
  const inside = `${text}/any/app`;
  const reference = findReference(inside);
  return reference !== undefined && formatRepository(reference) === inside;
});

/** Every form of `signedIdentity`. */
export const signedIdentitySchema: z.ZodType<SignedIdentity> = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("matchExact") }),
    z.strictObject({ type: z.literal("matchRepoDigestOrExact") }),
    z.strictObject({ type: z.literal("matchRepository") }),
    z.strictObject({ type: z.literal("exactReference"), dockerReference }),
    z.strictObject({ type: z.literal("exactRepository"), dockerRepository }),
    z.strictObject({ type: z.literal("remapIdentity"), prefix, signedPrefix: prefix }),
  ],
  { error: "an identity of a known type" },
);
