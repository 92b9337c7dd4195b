import { inspect } from "node:util";
import { StowageError } from "@stowage/errors";
import {
  array,
  assert,
  constantFrom,
  oneof,
  option,
  property,
  record,
  string,
  stringMatching,
  tuple,
} from "fast-check";
import { describe, expect, test } from "vitest";
import {
  findReference,
  formatFamiliar,
  formatReference,
  formatRepository,
  InvalidReferenceError,
  parseReference,
  type Reference,
} from "./index.ts";

const hex = "0123456789abcdef".repeat(4);
const digest = `sha256:${hex}`;

describe("parseReference", () => {
  test.for([
    { text: "busybox", means: "docker.io/library/busybox:latest" },
    { text: "busybox:1.36", means: "docker.io/library/busybox:1.36" },
    { text: "lib/x", means: "docker.io/lib/x:latest" },
    { text: "library/x", means: "docker.io/library/x:latest" },
    { text: "docker.io/x", means: "docker.io/library/x:latest" },
    { text: "index.docker.io/library/x", means: "docker.io/library/x:latest" },
    { text: "index.docker.io/x", means: "docker.io/library/x:latest" },
    { text: "host:5000/x", means: "host:5000/x:latest" },
    { text: "localhost/x", means: "localhost/x:latest" },
    { text: "localhost:5000/app:v1", means: "localhost:5000/app:v1" },
    { text: "[::1]:5000/x", means: "[::1]:5000/x:latest" },
    { text: "[2001:db8::1]/x", means: "[2001:db8::1]/x:latest" },
    { text: "127.0.0.1:80/x", means: "127.0.0.1:80/x:latest" },
    { text: "Foo/bar", means: "Foo/bar:latest" },
    { text: "ghcr.io/a/b/c", means: "ghcr.io/a/b/c:latest" },
    { text: "localhost:5000", means: "docker.io/library/localhost:5000" },
    { text: "a__b/c--d", means: "docker.io/a__b/c--d:latest" },
    { text: `x@${digest}`, means: `docker.io/library/x@${digest}` },
    { text: `ghcr.io/a/b:v1@${digest}`, means: `ghcr.io/a/b:v1@${digest}` },
    { text: `x@sha384:${hex.slice(0, 32)}${hex}`, means: `docker.io/library/x@sha384:${hex.slice(0, 32)}${hex}` },
    { text: `x@sha512:${hex}${hex}`, means: `docker.io/library/x@sha512:${hex}${hex}` },
    { text: `docker.io/library/${hex}`, means: `docker.io/library/${hex}:latest` },
    { text: `${hex}:v1`, means: `docker.io/library/${hex}:v1` },
  ])("reads $text as $means", ({ text, means }) => {
    expect(formatReference(parseReference(text))).toBe(means);
  });

  test("keeps the tag beside the digest", () => {
    expect(parseReference(`a/b:v1@${digest}`)).toEqual({ domain: "docker.io", path: "a/b", tag: "v1", digest });
  });

  test.for([
    { text: "", reason: "empty" },
    { text: hex, reason: "image-id" },
    { text: "https://ghcr.io/a", reason: "url" },
    { text: "x".repeat(1025), reason: "too-long" },
    { text: "UPPER", reason: "upper-case" },
    { text: "ghcr.io/A", reason: "upper-case" },
    { text: "a//b", reason: "path" },
    { text: "a/", reason: "path" },
    { text: "/a", reason: "path" },
    { text: "ghcr.io/", reason: "path" },
    { text: "-a", reason: "path" },
    { text: "a-", reason: "path" },
    { text: "a..b", reason: "path" },
    { text: "a___b", reason: "path" },
    { text: "a b", reason: "path" },
    { text: " a", reason: "path" },
    { text: "ä/x", reason: "path" },
    { text: "../x", reason: "domain" },
    { text: "ä.io/x", reason: "domain" },
    { text: "-a.io/x", reason: "domain" },
    { text: "a.io:/x", reason: "domain" },
    { text: "a.io:0/x", reason: "domain" },
    { text: "a.io:65536/x", reason: "domain" },
    { text: "a.io:80:80/x", reason: "domain" },
    { text: "[::1/x", reason: "domain" },
    { text: "[::1]80/x", reason: "domain" },
    { text: "[:::]/x", reason: "domain" },
    { text: "a:", reason: "tag" },
    { text: "a:.b", reason: "tag" },
    { text: "a:b:c", reason: "tag" },
    { text: "a:b/c", reason: "domain" },
    { text: "a/b@", reason: "digest" },
    { text: `a:@${digest}`, reason: "tag" },
  ])("rejects $text for its $reason", ({ text, reason }) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ reason, code: "invalid-argument" }));
  });

  test.for([
    `sha256:../../${hex}`,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex}0`,
    `sha256:${hex.toUpperCase()}`,
    `sha256:${hex.slice(1)}\0`,
    `sha384:${hex}`,
    `sha512:${hex}`,
    `md5:${hex.slice(32)}`,
    `sha1:${hex.slice(24)}`,
    `sha256:${hex}@sha256:${hex}`,
    `sha256:${hex}\n`,
  ])("CVE-2024-3727: rejects the digest %j", (text) => {
    expect(() => parseReference(`a@${text}`)).toThrow(expect.objectContaining({ reason: "digest" }));
  });

  test("takes a repository of 255 bytes and a tag of 128 characters, and no more", () => {
    const path = `a/${"b".repeat(253)}`;
    const tag = "t".repeat(128);
    expect(parseReference(`${path}:${tag}`)).toEqual({ domain: "docker.io", path, tag });
    expect(() => parseReference(`${path}b`)).toThrow(expect.objectContaining({ reason: "path-too-long" }));
    expect(() => parseReference(`x:${tag}t`)).toThrow(expect.objectContaining({ reason: "tag-too-long" }));
  });

  test.for([
    "https://me:canary@ghcr.io/a",
    "me:canary@ghcr.io/a",
    "canary@ghcr.io/a:v1",
    "me:canary@a.io:5000/a",
    `me:canary@ghcr.io/a@${digest}`,
    "me:canary@ghcr.io/a@sha256:1",
    "me:ca/canary@x@ghcr.io/a",
    "me:canary@sha256:1@ghcr.io/a",
    `me:canary@ghcr.io/${"a".repeat(2000)}`,
    `${"a".repeat(2000)}:canary@ghcr.io/a`,
  ])("repeats no password that stands before a host: %s", (text) => {
    const error = attempt(text);
    expect(error).toBeInstanceOf(InvalidReferenceError);
    expect(inspect(error)).not.toContain("canary");
  });

  test.for([
    { text: "busybox@sha256:12", said: '"busybox@sha256:12"' },
    { text: "me:canary@ghcr.io/a", said: '"***@ghcr.io/a"' },
  ])("says $said of $text", ({ text, said }) => {
    expect(inspect(attempt(text))).toContain(said);
  });

  test("reads back every reference it writes, in both forms", () => {
    assert(
      property(references, (reference) => {
        expect(parseReference(formatReference(reference))).toEqual(reference);
        expect(parseReference(formatFamiliar(reference))).toEqual(reference);
      }),
    );
  });

  test("makes of any text a reference that it reads back, or says why not", () => {
    assert(
      property(oneof(string({ unit: "binary", maxLength: 300 }), nearReferences), (text) => {
        const reference = attempt(text);
        if (reference instanceof StowageError) expect(reference).toBeInstanceOf(InvalidReferenceError);
        else expect(attempt(formatReference(reference))).toEqual(reference);
      }),
    );
  });
});

test.for([
  { text: "docker.io/library/busybox", familiar: "busybox:latest" },
  { text: "docker.io/library/a/b", familiar: "library/a/b:latest" },
  { text: "docker.io/a/b:v1", familiar: "a/b:v1" },
  { text: `docker.io/a/b@${digest}`, familiar: `a/b@${digest}` },
  { text: "ghcr.io/library/b", familiar: "ghcr.io/library/b:latest" },
  { text: "docker.io/a.b/c", familiar: "docker.io/a.b/c:latest" },
  { text: "docker.io/localhost/c", familiar: "docker.io/localhost/c:latest" },
])("calls $text $familiar", ({ text, familiar }) => {
  expect(formatFamiliar(parseReference(text))).toBe(familiar);
});

test("finds a reference in a text that may be none", () => {
  expect(findReference("busybox")).toEqual(parseReference("busybox"));
  expect(findReference(hex)).toBeUndefined();
});

test("names the repository", () => {
  expect(formatRepository(parseReference(`busybox:1@${digest}`))).toBe("docker.io/library/busybox");
});

const components = stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
const domains = oneof(
  constantFrom("docker.io", "localhost", "localhost:5000", "[::1]", "[fe80::1]:80", "Foo", "10.0.0.1:5000"),
  stringMatching(/^[a-z0-9]{1,8}\.[a-zA-Z]{1,8}(?::[1-9][0-9]{0,3})?$/).filter((domain) => domain !== "docker.io"),
);

const references = record({
  domain: domains,
  path: tuple(constantFrom("library", "localhost", "a.b", "x"), array(components, { minLength: 1, maxLength: 3 })).map(
    ([first, rest]) => [first, ...rest].join("/"),
  ),
  tag: option(stringMatching(/^\w[\w.-]{0,127}$/), { nil: undefined }),
  digest: option(stringMatching(/^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/), {
    nil: undefined,
  }),
}).map(
  ({ domain, path, tag, digest: named }): Reference => ({
    domain,
    path,
    ...(tag === undefined && named !== undefined ? {} : { tag: tag ?? "latest" }),
    ...(named === undefined ? {} : { digest: named }),
  }),
);

const nearReferences = array(
  constantFrom(
    "a",
    "B",
    "0",
    ".",
    "-",
    "_",
    "/",
    ":",
    "@",
    "[",
    "]",
    "::1",
    digest,
    "docker.io",
    "localhost",
    "library",
  ),
  {
    maxLength: 12,
  },
).map((parts) => parts.join(""));

function attempt(text: string): Reference | StowageError {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof StowageError) return error;
    throw error;
  }
}
