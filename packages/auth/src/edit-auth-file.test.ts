import { StowageError } from "@stowage/errors";
import { assert, constantFrom, dictionary, json, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import {
  checkLogin,
  decodeAuthFile,
  findCredential,
  type Login,
  quoteAddress,
  Secret,
  withLogin,
  withoutLogin,
} from "./index.ts";

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
  {
    what: "no setting of a .dockercfg",
    before: { "a.io": other, "b.io": other, plugins: {} },
    after: { "b.io": other, plugins: {} },
  },
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
  const names = string({ minLength: 1 }).filter((name) => !/[:\p{Cc}]/u.test(name));
  assert(
    property(entries, constantFrom("a.io", "docker.io", "b.io:1"), names, (auths, domain, username) => {
      const after = withLogin(JSON.stringify({ auths }), "f", login(domain, username));
      const found = findCredential(decodeAuthFile(after, "f"), { domain, path: "y" });
      expect(found?.credential).toMatchObject({ username: Buffer.from(username).toString() });
    }),
  );
});

test("a login takes nothing that is found from any other host", () => {
  const spellings = [
    "a.io",
    "https://A.io/v1/",
    "a.io/x",
    "b.io:1",
    "https://index.docker.io/v1/",
    "plugins",
    "proxies",
  ];
  const token = { identitytoken: "t" };
  const entries = dictionary(
    constantFrom(...spellings),
    constantFrom({}, other, token, { username: "u", password: "p" }),
  );
  const files = oneof(
    entries.map((auths) => ({ auths })),
    entries.map((auths) => ({ auths, "c.io": other })),
    entries,
    entries.map((fields) => ({ ...fields, auths: null, credHelpers: { "c.io": "pass" }, experimental: "enabled" })),
  );
  const domains = ["a.io", "docker.io", "b.io:1", "c.io", "plugins", "proxies", "experimental"];
  assert(
    property(files, constantFrom(...domains), constantFrom("", "\uFEFF"), (file, domain, mark) => {
      const before = mark + JSON.stringify(file);
      const after = attempt(() => withLogin(before, "f", login(domain)));
      if (after === undefined) return;
      for (const path of ["x", "y"]) {
        for (const asked of domains.filter((each) => each !== domain))
          expect(revealed(after, asked, path)).toEqual(revealed(before, asked, path));
      }
      expect(revealed(after, domain, "y")).toMatchObject({ secret: "pw" });
    }),
  );
});

test("a .dockercfg stays one, as docker reads it", () => {
  const after = withLogin(JSON.stringify({ "b.io": other, plugins: {} }), ".dockercfg", login("a.io"));
  expect(JSON.parse(after)).toEqual({
    "b.io": other,
    plugins: {},
    "a.io": { auth: Buffer.from("me:pw").toString("base64") },
  });
  expect(() => withLogin(after, ".dockercfg", login("plugins"))).toThrow(
    expect.objectContaining({ code: "invalid-argument" }),
  );
});

test("an entry called __proto__ stays, at each level", () => {
  const inner = `"__proto__":{"auth":"${other.auth}"}`;
  const before = `{${inner},"auths":{${inner},"a.io":{${inner}}}}`;
  const after = withLogin(before, "f", login("b.io"));
  expect(after.match(/__proto__/g)).toHaveLength(3);
  expect(JSON.stringify(JSON.parse(withoutLogin(after, "f", "b.io") ?? ""))).toBe(before);
});

test("a byte order mark is no damage, neither in bytes nor in text", () => {
  const text = `\uFEFF${JSON.stringify({ auths: { "b.io": other } })}`;
  expect(revealed(withLogin(text, "f", login("a.io")), "b.io", "x")).toMatchObject({ secret: "secret" });
  expect(JSON.parse(withoutLogin(text, "f", "b.io") ?? "")).toEqual({ auths: {} });
  for (const content of [text, Buffer.from(text)]) expect(decodeAuthFile(content, "f").credentials.size).toBe(1);
});

test.for([
  { what: "a colon in the user name", username: "me:too", password: "canary" },
  { what: "a line end in the user name", username: "me\n", password: "canary" },
  { what: "a NUL in the user name", username: "m\0e", password: "canary" },
  { what: "a NUL in the password", username: "me", password: "canary\0" },
  { what: "a carriage return in the password", username: "me", password: "canary\r" },
  { what: "a line feed in the password", username: "me", password: "can\ncanary" },
])("refuses $what, which basic authentication cannot carry", ({ username, password }) => {
  for (const refuse of [checkLogin, (each: Login) => withLogin("{}", "f", each)]) {
    const check = () => refuse(login("u:canary@a.io", username, password));
    expect(check).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(check).not.toThrow(/canary/);
  }
  expect(() => withLogin("{}", "f", login("a.io", username, password))).toThrow(/a\.io.*(user name|password)/);
});

test.for([
  { address: "a b", quoted: '"a b"' },
  { address: "https://me:canary@a.io/", quoted: '"***@a.io/"' },
  { address: "me:can@ary@a.io", quoted: '"***@a.io"' },
])("an address is quoted as $quoted", ({ address, quoted }) => {
  expect(quoteAddress(address)).toBe(quoted);
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

function revealed(content: string, domain: string, path: string): object | undefined {
  const found = findCredential(decodeAuthFile(content, "f"), { domain, path });
  if (found === undefined) return undefined;
  const { credential, scope } = found;
  const secret = credential.kind === "basic" ? credential.password : credential.token;
  return { kind: credential.kind, scope, secret: secret.reveal() };
}

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof StowageError) return undefined;
    throw error;
  }
}
