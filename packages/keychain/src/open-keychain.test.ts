import { execFileSync } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { anything, assert, asyncProperty, constant, dictionary, json, oneof, record, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { maxAuthFileBytes } from "./auth-file-reader.ts";
import { openKeychain } from "./index.ts";
import { answering, auth, canary, failureOf, makeMachine, ownerOf, tells } from "./machine.test.fixture.ts";

const scope = { domain: "a.io", path: "team/app" };

describe("the search", () => {
  test.for<{ what: string; files: readonly object[]; owner: string | undefined }>([
    { what: "nothing in no file", files: [], owner: undefined },
    { what: "nothing in files without answers", files: [{}, { auths: { "b.io": auth("b") } }], owner: undefined },
    { what: "the first file", files: [{ auths: { "a.io": auth("1") } }, { auths: { "a.io": auth("2") } }], owner: "1" },
    {
      what: "the second file",
      files: [{ auths: { "b.io": auth("1") } }, { auths: { "a.io": auth("2") } }],
      owner: "2",
    },
    {
      what: "the first file, although the second has a longer path",
      files: [{ auths: { "a.io": auth("1") } }, { auths: { "a.io/team/app": auth("2") } }],
      owner: "1",
    },
    {
      what: "the longest path of a file",
      files: [{ auths: { "a.io": auth("host"), "a.io/team": auth("team"), "a.io/team/ap": auth("other") } }],
      owner: "team",
    },
    { what: "no other port", files: [{ auths: { "a.io:5000": auth("port") } }], owner: undefined },
    { what: "the older .dockercfg", files: [{ "https://a.io/v1/": auth("old") }], owner: "old" },
    {
      what: "the program for the host before what is written",
      files: [{ credHelpers: { "a.io": "some" }, auths: { "a.io/team/app": auth("written") } }],
      owner: "some",
    },
    {
      what: "nothing where the program for the host has none, whatever else is there",
      files: [
        { credHelpers: { "a.io": "none" }, credsStore: "some", auths: { "a.io": auth("written") } },
        { auths: { "a.io": auth("2") } },
      ],
      owner: undefined,
    },
    {
      what: "what is written before the program for all hosts",
      files: [{ credsStore: "some", auths: { "a.io": auth("written") } }],
      owner: "written",
    },
    { what: "the program for all hosts", files: [{ credsStore: "some", auths: { "a.io": {} } }], owner: "some" },
    {
      what: "the next file where the program for all hosts has none",
      files: [{ credsStore: "none" }, { auths: { "a.io": auth("2") } }],
      owner: "2",
    },
    {
      what: "no program for a host that is to have none",
      files: [{ credHelpers: { "a.io": "" }, credsStore: "some" }],
      owner: undefined,
    },
  ])("finds $what", async ({ files, owner }) => {
    await using machine = await makeMachine();
    await machine.program("some", answering("some"));
    await machine.program("none", "echo credentials not found in native keychain; exit 1");
    const places = await Promise.all(files.map((content, index) => machine.write(`${index}.json`, content)));
    const keychain = openKeychain({ files: places, env: machine.env });
    expect(ownerOf(await keychain.find(scope))).toBe(owner);
  });

  test("finds what is written anew, and no more what is taken away", async () => {
    await using machine = await makeMachine();
    const place = await machine.write("auth.json", {});
    const keychain = openKeychain({ files: [place], env: machine.env });
    const owners = [ownerOf(await keychain.find(scope))];
    for (const username of ["one", "two"]) {
      await machine.write("auth.json", { auths: { "a.io": auth(username) } });
      owners.push(ownerOf(await keychain.find(scope)));
    }
    await rm(place.path);
    expect([...owners, await keychain.find(scope)]).toEqual([undefined, "one", "two", undefined]);
  });

  test("asks nothing for a caller who has left", async () => {
    await using machine = await makeMachine();
    const files = [await machine.write("auth.json", { auths: { "a.io": auth("a") } })];
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(openKeychain({ files, env: machine.env }).find(scope, { signal })).rejects.toBe(signal.reason);
  });
});

describe("a file", () => {
  test("may be missing in its usual place, and where a file is in the place of its directory", async () => {
    await using machine = await makeMachine();
    const { path } = await machine.write("file", {});
    const files = [machine.pathOf("missing.json"), `${path}/auth.json`].map((at) => ({ path: at, isNamed: false }));
    expect(await openKeychain({ files, env: machine.env }).find(scope)).toBeUndefined();
  });

  test.for<{ what: string; content: string | object }>([
    { what: "not JSON", content: `{"auths": ${canary}` },
    { what: "of another form", content: { auths: [canary] } },
    { what: "with a malformed credential", content: { auths: { "b.io": { auth: `${canary}!` } } } },
    { what: "with a program elsewhere", content: { credsStore: `/tmp/${canary}` } },
    { what: "too big", content: `${canary}${" ".repeat(maxAuthFileBytes)}` },
  ])("AUT-24, CVE-2020-8564: that is $what is named, not passed over, and nothing of it is told", async (row) => {
    await using machine = await makeMachine();
    const damaged = await machine.write("damaged.json", row.content);
    const good = await machine.write("good.json", { auths: { "a.io": auth("a") } });
    const error = await failureOf(openKeychain({ files: [damaged, good], env: machine.env }).find(scope));
    expect(error).toMatchObject({ code: "invalid-argument", message: expect.stringContaining(damaged.path) });
    expect(tells(error)).toBe(false);
  });

  test("has to be there where somebody named it", async () => {
    await using machine = await makeMachine();
    const path = machine.pathOf("missing.json");
    const keychain = openKeychain({ files: [{ path, isNamed: true }], env: machine.env });
    const message = `Cannot read auth file "${path}": there is no such file`;
    expect(await failureOf(keychain.find(scope))).toMatchObject({ code: "invalid-argument", message });
  });

  test.for([
    { what: "a directory", make: (path: string) => mkdir(path) },
    { what: "a pipe that nobody writes to", make: async (path: string) => void execFileSync("mkfifo", [path]) },
  ])("cannot be $what", async ({ make }) => {
    await using machine = await makeMachine();
    const path = machine.pathOf("auth.json");
    await make(path);
    const keychain = openKeychain({ files: [{ path, isNamed: false }], env: machine.env });
    expect((await failureOf(keychain.find(scope))).message).toContain(`"${path}": it is not a regular file`);
  });

  test("of any content gives an answer, or a StowageError that tells no secret", async () => {
    await using machine = await makeMachine();
    const secret = oneof(constant(canary), string(), constant(auth("a").auth), anything());
    const name = oneof(string(), constant("me"));
    const entry = record({ auth: secret, username: name, password: secret, identitytoken: secret });
    const contents = oneof(
      string().map((text) => canary + text),
      json(),
      record(
        {
          auths: dictionary(
            oneof(constant("a.io"), constant(`https://me:${canary}@a.io`), string()),
            oneof(entry, secret),
          ),
          credHelpers: dictionary(oneof(constant("a.io"), string()), name),
          credsStore: name,
        },
        { requiredKeys: [] },
      ).map((value) => JSON.stringify(value, (_key, field: unknown) => (typeof field === "bigint" ? 0 : field))),
    );
    const law = asyncProperty(contents, async (content) => {
      const files = [await machine.write("auth.json", content)];
      const question = openKeychain({ files, env: { PATH: machine.pathOf("nowhere") } }).find(scope);
      const outcome = await question.catch(() => failureOf(question));
      expect(tells(outcome)).toBe(false);
    });
    await assert(law);
  });
});
