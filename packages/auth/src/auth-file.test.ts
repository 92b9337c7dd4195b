import { inspect } from "node:util";
import { StowageError } from "@stowage/errors";
import { assert, json, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { type AuthFile, decodeAuthFile, findCredential, findCredentialHelper, serverAddressOf } from "./index.ts";

const auth = (username: string) => ({ auth: Buffer.from(`${username}:pw`).toString("base64") });

const podman = decodeAuthFile(
  JSON.stringify({
    auths: {
      "quay.io/ns/repo": auth("repo"),
      "quay.io/ns": auth("ns"),
      "quay.io": auth("host"),
      "quay.io:8443": auth("port"),
      "https://index.docker.io/v1/": auth("hub"),
      "https://GHCR.io/v2/": auth("url"),
      "old.io/v1/": auth("version"),
      "[::1]:5000": auth("six"),
      "nothing.io": {},
    },
  }),
  "auth.json",
);

test.for([
  { domain: "quay.io", path: "ns/repo", found: "repo" },
  { domain: "quay.io", path: "ns/repo/deeper", found: "repo" },
  { domain: "quay.io", path: "ns/repository", found: "ns" },
  { domain: "quay.io", path: "nsx/repo", found: "host" },
  { domain: "quay.io:8443", path: "ns/repo", found: "port" },
  { domain: "quay.io:8444", path: "ns/repo", found: undefined },
  { domain: "docker.io", path: "library/busybox", found: "hub" },
  { domain: "registry-1.docker.io", path: "library/busybox", found: "hub" },
  { domain: "ghcr.io", path: "a/b", found: "url" },
  { domain: "old.io", path: "a/b", found: "version" },
  { domain: "[::1]:5000", path: "a", found: "six" },
  { domain: "nothing.io", path: "a", found: undefined },
  { domain: "other.io", path: "quay.io/ns/repo", found: undefined },
])("finds $found for $domain/$path", ({ domain, path, found }) => {
  expect(usernameOf(podman, { domain, path })).toBe(found);
});

test("prefers the key that is written as the host to one in URL form, whichever comes first", () => {
  const keys = { "https://quay.io": auth("url"), "quay.io": auth("plain"), "https://quay.io/v1/": auth("version") };
  expect(
    usernameOf(decodeAuthFile(JSON.stringify({ auths: keys }), "auth.json"), { domain: "quay.io", path: "a" }),
  ).toBe("plain");
});

test("reads docker's config, with its programs, and lets unknown fields be", () => {
  const file = decodeAuthFile(
    new TextEncoder().encode(
      JSON.stringify({
        auths: {
          "a.io": { auth: "", identitytoken: "refresh" },
          "b.io": { registrytoken: "bearer" },
          "c.io": { username: "c", password: "pw" },
        },
        credHelpers: { "gcr.io": "gcloud", "https://index.docker.io/v1/": "pass" },
        credsStore: "desktop",
        HttpHeaders: { "User-Agent": "x" },
        detachKeys: "ctrl-e",
      }),
    ),
    "config.json",
  );
  expect(Object.fromEntries(file.credHelpers)).toEqual({ "gcr.io": "gcloud", "docker.io": "pass" });
  expect(file.credsStore).toBe("desktop");
  expect([...file.credentials].map(([host, { kind }]) => [host, kind])).toEqual([
    ["a.io", "identity-token"],
    ["b.io", "registry-token"],
    ["c.io", "basic"],
  ]);
});

test.for([
  { domain: "gcr.io", program: "gcloud" },
  { domain: "GCR.io", program: "gcloud" },
  { domain: "registry-1.docker.io", program: "pass" },
  { domain: "plain.io", program: "" },
  { domain: "gcr.io:443", program: undefined },
  { domain: "eu.gcr.io", program: undefined },
])("finds $program as the program for $domain", ({ domain, program }) => {
  const credHelpers = { "gcr.io": "gcloud", "https://index.docker.io/v1/": "pass", "plain.io": "" };
  const file = decodeAuthFile(JSON.stringify({ credHelpers, credsStore: "desktop" }), "config.json");
  expect(findCredentialHelper(file, domain)).toBe(program);
});

test.for([
  { domain: "ghcr.io", address: "ghcr.io" },
  { domain: "localhost:5000", address: "localhost:5000" },
  { domain: "docker.io", address: "https://index.docker.io/v1/" },
  { domain: "index.docker.io", address: "https://index.docker.io/v1/" },
  { domain: "a.io\nb.io", address: undefined },
])("asks programs for $domain as $address", ({ domain, address }) => {
  expect(serverAddressOf(domain)).toBe(address);
});

test("honours an identity token beside the empty name that docker stores with it", () => {
  const file = decodeAuthFile(
    JSON.stringify({ auths: { "a.io": { ...auth("0000"), identitytoken: "refresh" } } }),
    "config.json",
  );
  expect(findCredential(file, { domain: "a.io", path: "x" })?.credential.kind).toBe("identity-token");
});

test("reads the older .dockercfg", () => {
  const file = decodeAuthFile(
    JSON.stringify({ "https://index.docker.io/v1/": { ...auth("old"), email: "a@b" } }),
    ".dockercfg",
  );
  expect(usernameOf(file, { domain: "docker.io", path: "library/x" })).toBe("old");
});

test.for(["", " \n", "{}", '{"auths":{}}', '{"auths":null}'])("takes %j for an empty file", (content) => {
  expect(decodeAuthFile(content, "auth.json")).toEqual({
    name: "auth.json",
    credentials: new Map(),
    credHelpers: new Map(),
  });
});

test.for([
  "canary",
  '{"auths": canary}',
  '["canary"]',
  '"canary"',
  "null",
  '{"auths":["canary"]}',
  '{"auths":{"a.io":"canary"}}',
  '{"auths":{"https://me:canary@a.io":{"auth":7}}}',
  '{"auths":{"https://me:canary@a.io":{"auth":"*"}}}',
  '{"auths":{"a.io":{"auth":"canary canary"}}}',
  '{"auths":{"a.io":{"password":"canary"}}}',
  '{"credHelpers":{"a.io":"../canary"}}',
  '{"credsStore":"canary/x"}',
])("CVE-2020-8564: says that a damaged file is, and nothing of %s", (content) => {
  expect(() => decodeAuthFile(content, "auth.json")).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining('"auth.json"') }),
  );
  expect(inspect(attempt(content))).not.toContain("canary");
});

test("shows no secret of a file", () => {
  const file = decodeAuthFile(
    JSON.stringify({ auths: { "a.io": { username: "me", password: "canary" } } }),
    "auth.json",
  );
  expect(inspect(file, { depth: null, showHidden: true }) + JSON.stringify([...file.credentials])).not.toContain(
    "canary",
  );
});

test("makes of any text a file or a StowageError", () => {
  assert(
    property(
      oneof(
        string(),
        json(),
        json().map((value) => `{"auths":${value}}`),
      ),
      (content) => void attempt(content),
    ),
  );
});

function usernameOf(
  file: AuthFile,
  repository: { readonly domain: string; readonly path: string },
): string | undefined {
  const found = findCredential(file, repository)?.credential;
  return found?.kind === "basic" ? found.username : found?.kind;
}

function attempt(content: string): unknown {
  try {
    return decodeAuthFile(content, "auth.json");
  } catch (error) {
    if (error instanceof StowageError) return error;
    throw error;
  }
}
