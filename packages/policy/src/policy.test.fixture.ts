import {
  type Arbitrary,
  array,
  constant,
  constantFrom,
  dictionary,
  oneof,
  option,
  record,
  stringMatching,
  tuple,
} from "fast-check";
import type { Policy, Requirement, Requirements, SignedIdentity } from "./index.ts";

const path = stringMatching(/^\/[a-z "\\é]{1,10}$/);
const base64 = stringMatching(/^[A-Za-z0-9+/]{3}=$/);
const some = <T>(values: Arbitrary<T>) => array(values, { minLength: 1, maxLength: 3 });
const either = <T extends object>(shape: { [Key in keyof T]: Arbitrary<T[Key]> }) =>
  oneof(...Object.entries<Arbitrary<unknown>>(shape).map(([key, values]) => values.map((value) => ({ [key]: value }))));
const perhaps = (values: Arbitrary<object>) => option(values, { nil: {} });
const merged = (...parts: Arbitrary<object>[]) => tuple(...parts).map((found) => Object.assign({}, ...found));

const identity: Arbitrary<SignedIdentity> = oneof(
  record({ type: constantFrom("matchExact", "matchRepoDigestOrExact", "matchRepository") }),
  record({ type: constant("exactReference"), dockerReference: stringMatching(/^[a-z]{1,5}:v[0-9]$/) }),
  record({ type: constant("exactRepository"), dockerRepository: stringMatching(/^[a-z]{1,5}$/) }),
  record({
    type: constant("remapIdentity"),
    prefix: constant("a.example:5000/b"),
    signedPrefix: constant("docker.io"),
  }),
);
const signedIdentity = record({ signedIdentity: identity });

const fulcio = merged(
  either({ caPath: path, caData: base64 }),
  constant({ oidcIssuer: "https://issuer.example", subjectEmail: "me@example" }),
);
const pki = merged(
  either({ caRootsPath: path, caRootsData: base64 }),
  perhaps(either({ caIntermediatesPath: path, caIntermediatesData: base64 })),
  either({ subjectEmail: constant("me@example"), subjectHostname: constant("host.example") }),
);
const rekor = either({
  rekorPublicKeyPath: path,
  rekorPublicKeyPaths: some(path),
  rekorPublicKeyData: base64,
  rekorPublicKeyDatas: some(base64),
});
const keys = either({ keyPath: path, keyPaths: some(path), keyData: base64, keyDatas: some(base64) });

/** Every form that a requirement has. */
export const requirements: Arbitrary<Requirement> = oneof(
  record({ type: constantFrom("insecureAcceptAnything", "reject") }),
  merged(
    constant({ type: "signedBy", keyType: "GPGKeys" }),
    either({ keyPath: path, keyPaths: some(path), keyData: base64 }),
    signedIdentity,
  ),
  merged(constant({ type: "sigstoreSigned" }), keys, perhaps(rekor), signedIdentity),
  merged(constant({ type: "sigstoreSigned" }), record({ fulcio }), rekor, signedIdentity),
  merged(constant({ type: "sigstoreSigned" }), record({ pki }), signedIdentity),
  record({ type: constant("signedBaseLayer"), baseLayerIdentity: identity }),
);

const lists: Arbitrary<Requirements> = tuple(requirements, array(requirements, { maxLength: 2 })).map(
  ([first, others]) => [first, ...others],
);

/** A policy as its file says it. */
export const written: Arbitrary<{ readonly default: Requirements; readonly transports: Scopes }> = record({
  default: lists,
  transports: dictionary(
    constantFrom("docker", "atomic", "oci"),
    dictionary(constantFrom("", "/srv/a", "/srv"), lists, { noNullPrototype: true }),
    { noNullPrototype: true },
  ),
});

type Scopes = Readonly<Record<string, Readonly<Record<string, Requirements>>>>;

/** What it means. */
export function meant({
  transports,
  ...policy
}: {
  readonly default: Requirements;
  readonly transports: Scopes;
}): Policy {
  const entries = Object.entries(transports).map(([name, scopes]) => [name, new Map(Object.entries(scopes))] as const);
  return { ...policy, transports: new Map(entries) };
}
