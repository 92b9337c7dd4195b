import { StowageError } from "@stowage/errors";
import { array, assert, constantFrom, json, jsonValue, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { decodePolicy } from "./index.ts";
import { meant, requirements, written } from "./policy.test.fixture.ts";

const anything = { type: "insecureAcceptAnything" };
const key = { type: "signedBy", keyType: "GPGKeys", keyPath: "/k" };
const cosign = { type: "sigstoreSigned", keyPath: "/k" };
const fulcio = { caPath: "/ca", oidcIssuer: "https://i.example", subjectEmail: "me@example" };
const keyless = { type: "sigstoreSigned", fulcio, rekorPublicKeyPath: "/r" };
const pki = { caRootsPath: "/ca", subjectHostname: "h.example" };

/** A file whose default is this one requirement. */
function asking(requirement: unknown): string {
  return JSON.stringify({ default: [requirement] });
}

function scoped(transport: string, scope: string): string {
  return JSON.stringify({ default: [anything], transports: { [transport]: { [scope]: [anything] } } });
}

test("reads every policy that a file can say", () => {
  assert(
    property(written, (policy) => {
      expect(decodePolicy(JSON.stringify(policy), "p")).toEqual(meant(policy));
    }),
  );
});

test("an identity that is not said is that of the reference", () => {
  for (const requirement of [key, cosign]) {
    const [read] = decodePolicy(asking(requirement), "p").default;
    expect(read).toEqual({ ...requirement, signedIdentity: { type: "matchRepoDigestOrExact" } });
  }
});

test("a policy needs no transports, and one of them no scope", () => {
  expect(decodePolicy(asking(anything), "p").transports.size).toBe(0);
  expect(decodePolicy('{"default":[{"type":"reject"}],"transports":{"docker":{}}}', "p").transports.size).toBe(1);
});

test.for<{ text: string; says: string }>([
  { text: "", says: "it is not JSON" },
  { text: "// {}", says: "it is not JSON" },
  { text: "[]", says: "it is not what was expected: an object" },
  { text: "null", says: "it is not what was expected: an object" },
  { text: "{}", says: "default is not what was expected: a list of requirements" },
  { text: '{"transports":{}}', says: "default is not what was expected: a list of requirements" },
  { text: '{"default":[]}', says: "default is not what was expected: a list of requirements, at least one" },
  { text: '{"default":{}}', says: "default is not what was expected: a list of requirements" },
  { text: '{"Default":[{"type":"reject"}]}', says: "there is no key Default" },
  { text: '{"default":[{"type":"reject"}],"defaults":[]}', says: "there is no key defaults" },
  { text: '{"default":[{"type":"reject"}],"transports":[]}', says: "transports is not what was expected: an object" },
  { text: '{"default":[{"type":"reject"}],"transports":null}', says: "transports is not what was expected: an object" },
  {
    text: '{"default":[{"type":"reject"}],"transports":{"docker":{"a.b/c":[]}}}',
    says: 'transports.docker."a.b/c" is not what was expected: a list of requirements, at least one',
  },
  {
    text: '{"default":[{"type":"reject"}],"transports":{"docker":[]}}',
    says: "transports.docker is not what was expected: an object of scopes",
  },
  { text: asking({}), says: "default.0.type is not what was expected: a requirement of a known type" },
  { text: asking({ type: "accept" }), says: "default.0.type is not what was expected: a requirement of a known type" },
  { text: asking("reject"), says: "default.0 is not what was expected: a requirement of a known type" },
  { text: asking({ type: "reject", why: "x" }), says: "there is no key default.0.why" },
  { text: asking({ ...anything, keyPath: "/k" }), says: "there is no key default.0.keyPath" },
])("CFG-10: refuses $text as a whole: $says", ({ text, says }) => {
  expect(() => decodePolicy(text, "/etc/p.json")).toThrow(
    expect.objectContaining({
      code: "invalid-argument",
      message: expect.stringContaining(`Cannot read policy "/etc/p.json": ${says}`),
    }),
  );
});

test.for<{ text: string; key: string }>([
  { text: '{"default":[{"type":"reject"}],"default":[{"type":"insecureAcceptAnything"}]}', key: '"default"' },
  { text: '{"default":[{"type":"reject"}],"d\\u0065fault":[{"type":"insecureAcceptAnything"}]}', key: '"default"' },
  { text: '{"default":[{"type":"reject","type":"insecureAcceptAnything"}]}', key: '"type"' },
  {
    text: '{"default":[{"type":"reject"}],"transports":{"docker":{"":[{"type":"reject"}]},"docker":{}}}',
    key: '"docker"',
  },
  {
    text: '{"default":[{"type":"reject"}],"transports":{"oci":{"/a":[{"type":"reject"}], "/a" :[{"type":"reject"}]}}}',
    key: '"/a"',
  },
])("CFG-10: refuses $text, which has the key $key twice", ({ text, key: twice }) => {
  expect(() => decodePolicy(text, "p")).toThrow(`Cannot read policy "p": the key ${twice} is there twice`);
});

test("one key in two objects is not there twice", () => {
  const scope = '{"":[{"type":"reject"},{"type":"reject"}],"{\\",":[{"type":"reject"}]}';
  const text = `{"default":[{"type":"reject"}],"transports":{"docker":${scope},"atomic":${scope}}}`;
  expect(decodePolicy(text, "p").transports.get("atomic")?.size).toBe(2);
});

test("a key that objects of JavaScript hide is not passed over", () => {
  const text = '{"default":[{"type":"reject"}],"transports":{"__proto__":{"":[{"type":"reject"}]}}}';
  expect(() => decodePolicy(text, "p")).toThrow('there is no key "__proto__"');
});

test.for<{ what: string; requirement: object; says: string }>([
  { what: "no type of key", requirement: { ...key, keyType: undefined }, says: "default.0.keyType" },
  { what: "another type of key", requirement: { ...key, keyType: "X509Certificates" }, says: "default.0.keyType" },
  { what: "an empty path", requirement: { ...key, keyPath: "" }, says: "default.0.keyPath" },
  { what: "a path that is none", requirement: { ...key, keyPath: null }, says: "default.0.keyPath" },
  { what: "no key", requirement: { ...key, keyPath: undefined }, says: "exactly one of" },
  { what: "two places of keys", requirement: { ...key, keyData: "AAAA" }, says: "exactly one of" },
  { what: "no paths", requirement: { ...key, keyPath: undefined, keyPaths: [] }, says: "default.0.keyPaths" },
  { what: "keys as GPG has none", requirement: { ...key, keyPath: undefined, keyDatas: ["AAAA"] }, says: "no key " },
  { what: "broken base64", requirement: { ...key, keyPath: undefined, keyData: "AAA" }, says: "default.0.keyData" },
  { what: "empty base64", requirement: { ...cosign, keyPath: undefined, keyData: "" }, says: "default.0.keyData" },
  { what: "a key and a Fulcio", requirement: { ...keyless, keyPath: "/k" }, says: "exactly one of" },
  { what: "no key of sigstore", requirement: { type: "sigstoreSigned" }, says: "exactly one of" },
  { what: "two keys of Rekor", requirement: { ...keyless, rekorPublicKeyData: "AAAA" }, says: "at most one of" },
  { what: "Fulcio without Rekor", requirement: { ...keyless, rekorPublicKeyPath: undefined }, says: "Rekor beside" },
  { what: "no issuer", requirement: { ...keyless, fulcio: { ...fulcio, oidcIssuer: "" } }, says: "fulcio.oidcIssuer" },
  {
    what: "two authorities",
    requirement: { ...keyless, fulcio: { ...fulcio, caData: "AAAA" } },
    says: "exactly one of",
  },
  {
    what: "an unknown key",
    requirement: { ...keyless, fulcio: { ...fulcio, x: 1 } },
    says: "no key default.0.fulcio.x",
  },
  {
    what: "Rekor beside a PKI",
    requirement: { type: "sigstoreSigned", pki, rekorPublicKeyPath: "/r" },
    says: "no public",
  },
  {
    what: "no subject",
    requirement: { type: "sigstoreSigned", pki: { ...pki, subjectHostname: undefined } },
    says: "at least one of",
  },
  {
    what: "two intermediates",
    requirement: { type: "sigstoreSigned", pki: { ...pki, caIntermediatesPath: "/i", caIntermediatesData: "AAAA" } },
    says: "at most one of",
  },
  { what: "a base layer of nobody", requirement: { type: "signedBaseLayer" }, says: "default.0.baseLayerIdentity" },
])("refuses a requirement with $what", ({ requirement, says }) => {
  expect(() => decodePolicy(asking(requirement), "p")).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(says) }),
  );
});

test.for<{ identity: object; says: string }>([
  { identity: { type: "matchAll" }, says: "signedIdentity.type" },
  { identity: { type: "matchExact", prefix: "a" }, says: "no key default.0.signedIdentity.prefix" },
  { identity: { type: "exactReference", dockerReference: "a.example/b" }, says: "signedIdentity.dockerReference" },
  { identity: { type: "exactReference", dockerReference: "A:1" }, says: "signedIdentity.dockerReference" },
  { identity: { type: "exactReference" }, says: "signedIdentity.dockerReference" },
  { identity: { type: "exactRepository", dockerRepository: "a//b" }, says: "signedIdentity.dockerRepository" },
  { identity: { type: "remapIdentity", prefix: "a.example" }, says: "signedIdentity.signedPrefix" },
  { identity: { type: "remapIdentity", prefix: "busybox", signedPrefix: "a.example" }, says: "signedIdentity.prefix" },
  { identity: { type: "remapIdentity", prefix: "a.example/b:1", signedPrefix: "b.example" }, says: "Identity.prefix" },
  { identity: { type: "remapIdentity", prefix: "", signedPrefix: "b.example" }, says: "signedIdentity.prefix" },
])("refuses the identity $identity", ({ identity, says }) => {
  expect(() => decodePolicy(asking({ ...key, signedIdentity: identity }), "p")).toThrow(says);
});

test.for([
  ["docker", "example*.*.com"],
  ["docker", "*"],
  ["docker", "*.example.com/a"],
  ["docker-archive", "/srv/a.tar"],
  ["dir", "/"],
  ["dir", "srv"],
  ["oci", "/srv/"],
  ["oci", "/srv/../a"],
  ["oci-archive", "/srv//a"],
] as const)("refuses for %s the scope %s, which could never be found", ([transport, scope]) => {
  expect(() => decodePolicy(scoped(transport, scope), "p")).toThrow(`transports.`);
});

test.for([
  ["docker", ""],
  ["docker", "docker.io/library/busybox:latest"],
  ["docker", "[::1]:5000/a"],
  ["docker", "*.example.com"],
  ["docker-archive", ""],
  ["oci", "/srv/a b"],
  ["atomic", "host:5000/*"],
] as const)("reads for %s the scope %j", ([transport, scope]) => {
  expect(decodePolicy(scoped(transport, scope), "p").transports.get(transport)?.has(scope)).toBe(true);
});

test("a key that is there twice is found wherever it is", () => {
  assert(
    property(requirements, jsonValue(), (requirement, value) => {
      const [name = "", ...rest] = Object.keys(requirement);
      const twice = `{"default":[${JSON.stringify(requirement).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}]}`;
      expect(rest).not.toContain(name);
      expect(() => decodePolicy(twice, "p")).toThrow("is there twice");
    }),
  );
});

test("any text gives a policy or a StowageError", () => {
  const words = constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"default"',
    '"type"',
    '"reject"',
    '"',
    "\\",
    '"transports"',
  );
  const texts = oneof(
    string(),
    json(),
    array(words, { maxLength: 30 }).map((parts) => parts.join("")),
  );
  assert(
    property(texts, (text) => {
      try {
        expect(decodePolicy(text, "p").default.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
        expect(error).toMatchObject({ code: "invalid-argument" });
      }
    }),
  );
});

test("a text of nothing but brackets is refused as others are", () => {
  for (const text of ["[".repeat(500_000), `${"[".repeat(200_000)}${"]".repeat(200_000)}`])
    expect(() => decodePolicy(text, "p")).toThrow(StowageError);
});
