import { chmod, chown, lstat, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { type Login, Secret } from "@stowage/auth";
import { describe, expect, test } from "vitest";
import { editAuthText } from "./edit-auth-text.ts";
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

test("a link that leads to no file yet stays, and the login goes where it leads", async () => {
  const { machine, options } = await machineWith({});
  await using _ = machine;
  await symlink("kept/in/auth.json", machine.pathOf("between"));
  await symlink("between", machine.pathOf("logins"));
  await storeLogin(login, options);
  expect((await lstat(machine.pathOf("logins"))).isSymbolicLink()).toBe(true);
  expect(await readFile(machine.pathOf("kept/in/auth.json"), "utf8")).toContain("a.io");
  expect(ownerOf(await openKeychain(options).find(scope))).toBe("me");
  expect(await forgetLogin("a.io", options)).toHaveLength(1);
});

test("links in a circle are one clear error", async () => {
  const { machine, options } = await machineWith({});
  await using _ = machine;
  await symlink("logins", machine.pathOf("back"));
  await symlink("back", machine.pathOf("logins"));
  const errors = [
    await failureOf(storeLogin(login, options)),
    await failureOf(editAuthText(machine.pathOf("logins"), String)),
  ];
  for (const error of errors)
    expect(error).toMatchObject({ code: "invalid-argument", message: expect.stringContaining("circle") });
  expect((await readdir(machine.pathOf("."))).sort()).toEqual(["back", "logins"]);
});

test("ten logins at once are all kept, and no lock is left", async () => {
  const { machine, options } = await machineWith({});
  await using _ = machine;
  const domains = Array.from({ length: 10 }, (_, at) => `r${at}.io`);
  await Promise.all(domains.map((domain) => storeLogin({ ...login, domain }, options)));
  const keychain = openKeychain(options);
  const owners = await Promise.all(domains.map((domain) => keychain.find({ domain, path: "x" })));
  expect(owners.map(ownerOf)).toEqual(domains.map(() => "me"));
  expect(await readdir(machine.pathOf("."))).toEqual(["logins"]);
});

test("a lock that a dead process left is not waited for", async () => {
  const { machine, options } = await machineWith({});
  await using _ = machine;
  const lock = machine.pathOf("logins.stowage-lock");
  await writeFile(lock, "");
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(lock, longAgo, longAgo);
  await storeLogin(login, options);
  expect(await readdir(machine.pathOf("."))).toEqual(["logins"]);
});

test("a wait for a lock ends with the signal, and nothing is changed", async () => {
  const { machine, options } = await machineWith({});
  await using _ = machine;
  await writeFile(machine.pathOf("logins.stowage-lock"), "");
  const stopped = new AbortController();
  const storing = storeLogin(login, { ...options, signal: stopped.signal });
  setTimeout(() => stopped.abort(new Error("enough")), 50);
  await expect(storing).rejects.toThrow("enough");
  expect(await readdir(machine.pathOf("."))).toEqual(["logins.stowage-lock"]);
});

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)("the file of another user (needs root, to make one)", () => {
  test("stays theirs when root logs in to it and out of it", async () => {
    const { machine, options } = await machineWith({ one: { auths: { "a.io": auth("old") } } });
    await using _ = machine;
    await chown(machine.pathOf("one"), 1234, 5678);
    await storeLogin(login, options);
    expect(await stat(machine.pathOf("one"))).toMatchObject({ uid: 1234, gid: 5678 });
    expect(ownerOf(await openKeychain(options).find(scope))).toBe("me");
    await forgetLogin("a.io", options);
    expect(await stat(machine.pathOf("one"))).toMatchObject({ uid: 1234, gid: 5678 });
  });

  test("is left as it was by who may not keep it theirs", async () => {
    const { machine, options } = await machineWith({ one: { auths: { "a.io": auth("old") } } });
    await using _ = machine;
    await chmod(machine.pathOf("."), 0o777);
    await chown(machine.pathOf("one"), 1234, 5678);
    const before = await readFile(machine.pathOf("one"), "utf8");
    const error = await asUser(4321, () => failureOf(storeLogin(login, options)));
    expect(error).toMatchObject({
      code: "permission-denied",
      message: expect.stringContaining("belongs to user 1234"),
    });
    expect(tells(error)).toBe(false);
    expect(await readFile(machine.pathOf("one"), "utf8")).toBe(before);
    expect(await readdir(machine.pathOf("."))).toEqual(["one"]);
  });
});

/** Runs it with the rights of that user. */
async function asUser<Result>(uid: number, run: () => Promise<Result>): Promise<Result> {
  process.seteuid?.(uid);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

test.for<{ what: string; file: string | object; domain: string; code: string }>([
  { what: "a damaged file", file: "{", domain: "a.io", code: "invalid-argument" },
  { what: "a program that is not there", file: { credsStore: "none" }, domain: "a.io", code: "unavailable" },
  { what: "what is no host", file: {}, domain: "a b", code: "invalid-argument" },
  { what: "an address with a password", file: {}, domain: `me:${canary}@a.io`, code: "invalid-argument" },
])("fails for $what, with the password in no error and nothing changed", async ({ file, domain, code }) => {
  const { machine, options } = await machineWith({ one: file });
  await using _ = machine;
  const error = await failureOf(storeLogin({ ...login, domain }, options));
  expect(error.code).toBe(code);
  expect(tells(error)).toBe(false);
  expect(await readdir(machine.pathOf("."))).toEqual(["one"]);
});

test.for([{ credsStore: "keep" }, { auths: { "a.io": auth("old") } }])(
  "a name that would be read back as another goes neither to a program nor into a file: %j",
  async (file) => {
    const { machine, options } = await machineWith({ one: file });
    await using _ = machine;
    await machine.program("keep", 'cat > "$D/told"');
    const error = await failureOf(storeLogin({ ...login, username: "me:too" }, options));
    expect(error.code).toBe("invalid-argument");
    expect(await machine.lines("told")).toEqual([]);
    expect(await machine.lines("one")).toEqual([JSON.stringify(file)]);
  },
);

test("a login into a .dockercfg leaves what it has for others to be found, and a byte order mark is no damage", async () => {
  const { machine, options } = await machineWith({
    one: `\uFEFF${JSON.stringify({ "a.io": auth("old"), "b.io": auth("b") })}`,
  });
  await using _ = machine;
  expect(await storeLogin(login, options)).toEqual({ file: machine.pathOf("one") });
  const keychain = openKeychain(options);
  expect(ownerOf(await keychain.find(scope))).toBe("me");
  expect(ownerOf(await keychain.find({ ...scope, domain: "b.io" }))).toBe("b");
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
