import { chmod, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { type Login, Secret } from "@stowage/auth";
import { describe, expect, test } from "vitest";
import { type AuthFilePlace, forgetLogin, openKeychain, storeLogin } from "./index.ts";
import { answering, auth, canary, failureOf, makeMachine, ownerOf, tells } from "./machine.test.fixture.ts";

const login: Login = { domain: "a.io", username: "me", password: new Secret(canary) };
const scope = { domain: "a.io", path: "team/app" };

/** Files of a machine, of which the one called `logins` is for logins. */
async function machineWith(files: Readonly<Record<string, object | string>>) {
  const machine = await makeMachine();
  const places: AuthFilePlace[] = [];
  for (const [name, content] of Object.entries(files)) places.push(await machine.write(name, content));
  places.push({ path: machine.pathOf("logins"), isNamed: false, isForLogins: true });
  return { machine, options: { files: places, env: machine.env } };
}

test("CLI-17: a login goes into a file of its owner's alone, is found, and is forgotten", async () => {
  const { machine, options } = await machineWith({});
  await using _ = machine;
  const keychain = openKeychain(options);
  expect(await storeLogin(login, options)).toEqual({ file: machine.pathOf("logins") });
  expect((await stat(machine.pathOf("logins"))).mode & 0o777).toBe(0o600);
  expect(ownerOf(await keychain.find(scope))).toBe("me");
  expect(await keychain.locate(scope)).toMatchObject({
    source: { kind: "entry", file: machine.pathOf("logins"), scope: "a.io" },
  });
  expect(await forgetLogin("a.io", options)).toEqual([{ file: machine.pathOf("logins") }]);
  expect(await keychain.find(scope)).toBeUndefined();
  expect(await forgetLogin("a.io", options)).toEqual([]);
  expect(await readdir(machine.pathOf("."))).toEqual(["logins"]);
});

describe("a login goes to who answers for the host already", () => {
  test.for<{ what: string; files: Record<string, object>; place: { file: string; program?: string } }>([
    {
      what: "the first file with an entry",
      files: { one: { auths: { "b.io": auth("b") } }, two: { auths: { "https://a.io/v1/": auth("old") } } },
      place: { file: "two" },
    },
    {
      what: "the program for the host",
      files: { one: { credHelpers: { "a.io": "keep" }, auths: { "a.io": auth("old") } } },
      place: { file: "one", program: "docker-credential-keep" },
    },
    {
      what: "the program for all hosts",
      files: { one: { credsStore: "keep" } },
      place: { file: "one", program: "docker-credential-keep" },
    },
    {
      what: "no program that is for another host",
      files: { one: { credHelpers: { "b.io": "keep" } } },
      place: { file: "logins" },
    },
  ])("$what", async ({ files, place }) => {
    const { machine, options } = await machineWith(files);
    await using _ = machine;
    await machine.program("keep", `case $1 in get) ${answering("me")};; *) echo "$1 $(cat)" >> $D/told;; esac`);
    expect(await storeLogin(login, options)).toEqual({ ...place, file: machine.pathOf(place.file) });
    expect(ownerOf(await openKeychain(options).find(scope))).toBe("me");
    const told = await machine.lines("told");
    if (place.program === undefined) return expect(told).toEqual([]);
    expect(told).toEqual([`store ${JSON.stringify({ ServerURL: "a.io", Username: "me", Secret: canary })}`]);
    await forgetLogin("a.io", options);
    expect(await machine.lines("told")).toContain("erase a.io");
  });
});

test("all else in a file stays, and a link to it stays a link", async () => {
  const { machine, options } = await machineWith({});
  await using _ = machine;
  await writeFile(machine.pathOf("real"), JSON.stringify({ auths: { "b.io": auth("b") }, HttpHeaders: { x: "y" } }));
  await chmod(machine.pathOf("real"), 0o644);
  await symlink("real", machine.pathOf("logins"));
  await storeLogin(login, options);
  expect(JSON.parse(await readFile(machine.pathOf("real"), "utf8"))).toMatchObject({
    auths: { "b.io": auth("b"), "a.io": auth("me") },
    HttpHeaders: { x: "y" },
  });
  expect((await stat(machine.pathOf("real"))).mode & 0o777).toBe(0o600);
});

test.for<{ what: string; file: string | object; domain: string; code: string }>([
  { what: "a damaged file", file: "{", domain: "a.io", code: "invalid-argument" },
  { what: "a program that is not there", file: { credsStore: "none" }, domain: "a.io", code: "unavailable" },
  { what: "what is no host", file: {}, domain: "a b", code: "invalid-argument" },
])("fails for $what, with the password in no error and nothing changed", async ({ file, domain, code }) => {
  const { machine, options } = await machineWith({ one: file });
  await using _ = machine;
  const error = await failureOf(storeLogin({ ...login, domain }, options));
  expect(error.code).toBe(code);
  expect(tells(error)).toBe(false);
  expect(await readdir(machine.pathOf("."))).toEqual(["one"]);
});

test("of a program it is said whether it is for the host, and that it is believed where it has none", async () => {
  const { machine, options } = await machineWith({ one: { credHelpers: { "a.io": "none" }, credsStore: "some" } });
  await using _ = machine;
  await machine.program("none", 'echo "credentials not found in native keychain"; exit 1');
  await machine.program("some", answering("some"));
  const keychain = openKeychain(options);
  const file = machine.pathOf("one");
  expect(await keychain.locate(scope)).toEqual({
    credential: undefined,
    source: { kind: "program", file, program: "docker-credential-none", isForHost: true },
  });
  expect(await keychain.locate({ ...scope, domain: "b.io" })).toMatchObject({
    credential: { username: "some" },
    source: { kind: "program", file, program: "docker-credential-some", isForHost: false },
  });
});
