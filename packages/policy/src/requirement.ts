import { z } from "zod";
import type { Fulcio, Pki, Requirement, Requirements, SignedBy, SigstoreSigned } from "./policy.ts";
import { signedIdentitySchema } from "./signed-identity.ts";
import { base64, base64s, filled, path, paths } from "./text-schemas.ts";

const anObject = { error: "an object" };

const signedIdentity = signedIdentitySchema.default({ type: "matchRepoDigestOrExact" });

const signedBy = z
  .strictObject({
    type: z.literal("signedBy"),
    keyType: z.literal("GPGKeys", { error: '"GPGKeys"' }),
    keyPath: path.optional(),
    keyPaths: paths.optional(),
    keyData: base64.optional(),
    signedIdentity,
  })
  .check(having<SignedBy>("exactly one of", "keyPath", "keyPaths", "keyData"));

const fulcio = z
  .strictObject(
    { caPath: path.optional(), caData: base64.optional(), oidcIssuer: filled, subjectEmail: filled },
    anObject,
  )
  .check(having<Fulcio>("exactly one of", "caPath", "caData"));

const pki = z
  .strictObject(
    {
      caRootsPath: path.optional(),
      caRootsData: base64.optional(),
      caIntermediatesPath: path.optional(),
      caIntermediatesData: base64.optional(),
      subjectEmail: filled.optional(),
      subjectHostname: filled.optional(),
    },
    anObject,
  )
  .check(having<Pki>("exactly one of", "caRootsPath", "caRootsData"))
  .check(having<Pki>("at most one of", "caIntermediatesPath", "caIntermediatesData"))
  .check(having<Pki>("at least one of", "subjectEmail", "subjectHostname"));

const rekorKeys = ["rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData", "rekorPublicKeyDatas"] as const;

const sigstoreSigned = z
  .strictObject({
    type: z.literal("sigstoreSigned"),
    keyPath: path.optional(),
    keyPaths: paths.optional(),
    keyData: base64.optional(),
    keyDatas: base64s.optional(),
    fulcio: fulcio.optional(),
    pki: pki.optional(),
    rekorPublicKeyPath: path.optional(),
    rekorPublicKeyPaths: paths.optional(),
    rekorPublicKeyData: base64.optional(),
    rekorPublicKeyDatas: base64s.optional(),
    signedIdentity,
  })
  .check(having<SigstoreSigned>("exactly one of", "keyPath", "keyPaths", "keyData", "keyDatas", "fulcio", "pki"))
  .check(having<SigstoreSigned>("at most one of", ...rekorKeys))
  .refine((found) => found.fulcio === undefined || count(found, rekorKeys) > 0, {
    error: 'a public key of Rekor beside "fulcio"',
  })
  .refine((found) => found.pki === undefined || count(found, rekorKeys) === 0, {
    error: 'no public key of Rekor beside "pki"',
  });

const requirement: z.ZodType<Requirement> = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("insecureAcceptAnything") }),
    z.strictObject({ type: z.literal("reject") }),
    signedBy,
    sigstoreSigned,
    z.strictObject({ type: z.literal("signedBaseLayer"), baseLayerIdentity: signedIdentitySchema }),
  ],
  { error: "a requirement of a known type" },
);

const aList = { error: "a list of requirements, at least one" };

export const requirementsSchema: z.ZodType<Requirements> = z
  .array(requirement, aList)
  .min(1, aList)
  .transform(([first = { type: "reject" }, ...others]): Requirements => [first, ...others]);

const counts = {
  "exactly one of": (present: number) => present === 1,
  "at most one of": (present: number) => present <= 1,
  "at least one of": (present: number) => present >= 1,
} as const;

/** A check of how many of some keys an object has. */
function having<T extends object>(how: keyof typeof counts, ...keys: readonly (keyof T & string)[]): z.core.CheckFn<T> {
  return (payload) => {
    if (counts[how](count(payload.value, keys))) return;
    const message = `${how} ${keys.map((key) => `"${key}"`).join(", ")}`;
    payload.issues.push({ code: "custom", message, input: payload.value });
  };
}

function count<T extends object>(found: T, keys: readonly (keyof T & string)[]): number {
  return keys.filter((key) => found[key] !== undefined).length;
}
