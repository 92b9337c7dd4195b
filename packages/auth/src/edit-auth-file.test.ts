import { StowageError } from "@stowage/errors";
import { assert, constantFrom, dictionary, json, property, string } from "fast-check";
import { expect, test } from "vitest";
import { decodeAuthFile, findCredential, Secret, withLogin, withoutLogin } from "./index.ts";

const login = (domain: string, username = "me", password = "pw") => ({
  domain,
  username,
  password: new Secret(password),
});

const other = { auth: Buffer.from("you:secret").toString("base64") };

test.for([
  { what: "an empty file", before: "", key: "quay.io", domain: "quay.io" },
  { what: "a file without entries", before: '{"credsStore":"pass"}', key: "quay.io", domain: "quay.io" },
  { what: "Docker Hub, as docker calls it", before: "{}", key: "https://index.docker.io/v1/", domain: "docker.io" },
  { what: "a port", before: '{"auths":{"a.io":{}}}', key: "a.io:5000", domain: "a.io:5000" },
  {
    what: "another spelling",
    before: JSON.stringify({ auths: { "https://GHCR.io/v2/": other } }),
    key: "ghcr.io",
    domain: "ghcr.io",
  },
])("a login goes into $what", ({ before, key, domain }) => {
  const after: unknown = JSON.parse(withLogin(before, "auth.json", login(domain)));
  expect(after).toHaveProperty(["auths", key, "auth"], Buffer.from("me:pw").toString("base64"));
  const found = findCredential(decodeAuthFile(JSON.stringify(after), "auth.json"), { domain, path: "a" });
  expect(found?.credential).toMatchObject({ kind: "basic", username: "me" });
});

test("all else in the file stays as it was", () => {
  const before = {
    auths: { "a.io/team": other, "b.io": other },
    credHelpers: { "c.io": "pass" },
    HttpHeaders: { a: "b" },
  };
  const after = withLogin(JSON.stringify(before), "auth.json", login("a.io"));
  expect(JSON.parse(after)).toMatchObject(before);
  expect(JSON.parse(withoutLogin(after, "auth.json", "a.io") ?? "")).toEqual(before);
});

test.for([
  {
    what: "an entry of the host",
    before: { auths: { "a.io": other, "b.io": other } },
    after: { auths: { "b.io": other } },
  },
  {
    what: "each spelling of it",
    before: { auths: { "https://A.io/v1/": other, "a.io": other } },
    after: { auths: {} },
  },
  { what: "one of a .dockercfg", before: { "https://a.io/v1/": other, "b.io": other }, after: { "b.io": other } },
  { what: "nothing of other hosts", before: { auths: { "a.io:5000": other, "a.io/team": other } }, after: undefined },
  { what: "nothing where there is nothing", before: {}, after: undefined },
])("a logout takes $what", ({ before, after }) => {
  const text = withoutLogin(JSON.stringify(before), "auth.json", "a.io");
  expect(text === undefined ? undefined : JSON.parse(text)).toEqual(after);
});

test.for(["[]", "{", '{"auths":7}', "null"])("a damaged file is left alone: %s", (text) => {
  for (const edit of [() => withLogin(text, "f", login("a.io")), () => withoutLogin(text, "f", "a.io")])
    expect(edit).toThrow(
      expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining('"f"') }),
    );
});

test("a login that was written is found, whatever was in the file", () => {
  const entries = dictionary(
    constantFrom("a.io", "b.io:1", "https://index.docker.io/v1/", "a.io/x"),
    constantFrom({}, other),
  );
  const names = string({ minLength: 1 }).filter((name) => !name.includes(":") && !name.includes("\0"));
  assert(
    property(entries, constantFrom("a.io", "docker.io", "b.io:1"), names, (auths, domain, username) => {
      const after = withLogin(JSON.stringify({ auths }), "f", login(domain, username));
      const found = findCredential(decodeAuthFile(after, "f"), { domain, path: "y" });
      expect(found?.credential).toMatchObject({ username: Buffer.from(username).toString() });
    }),
  );
});

test("any text gives a text or a StowageError", () => {
  assert(
    property(json(), (text) => {
      try {
        withLogin(text, "f", login("a.io"));
        withoutLogin(text, "f", "a.io");
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});
