import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Keychain } from "@stowage/registry";
import { expect, test } from "vitest";
import { type KeychainOptions, openKeychain } from "./index.ts";
import { answering, canary, failureOf, type Machine, makeMachine, ownerOf, tells } from "./machine.test.fixture.ts";

const scope = { domain: "a.io", path: "team/app" };

/** A machine whose one program for everything is `script`. */
async function withProgram(script: string, options: Partial<KeychainOptions> = {}) {
  const machine = await makeMachine();
  await machine.program("test", script);
  const files = [await machine.write("config.json", { credsStore: "test" })];
  return { machine, keychain: openKeychain({ files, env: machine.env, ...options }) };
}

/** Waits until a script has written its process id, then until there is no such process. */
async function hasEnded(machine: Machine): Promise<void> {
  const [pid] = await written(machine, "pid");
  await expect.poll(() => isAlive(Number(pid))).toBe(false);
}

async function written(machine: Machine, name: string): Promise<readonly string[]> {
  await expect.poll(() => machine.lines(name)).not.toEqual([]);
  return await machine.lines(name);
}

async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat !== undefined && !/\) Z /.test(stat); // a zombie only waits to be counted
}

test.for([
  { domain: "a.io", server: "a.io" },
  { domain: "localhost:5000", server: "localhost:5000" },
  { domain: "docker.io", server: "https://index.docker.io/v1/" },
])("is asked for $domain as $server, with the given environment alone", async ({ domain, server }) => {
  const { machine, keychain } = await withProgram(`echo "$1 $(cat) $HOME" >>"$D/asked"; ${answering("me")}`);
  await using _ = machine;
  expect(ownerOf(await keychain.find({ domain, path: "x" }))).toBe("me");
  expect(await machine.lines("asked")).toEqual([`get ${server} `]);
});

test.for([
  { what: "a name and a password", script: answering("me"), kind: "basic" },
  { what: "an identity token", script: answering("<token>"), kind: "identity-token" },
  { what: "nothing", script: answering("", ""), kind: undefined },
  { what: "that it has none", script: "echo credentials not found in native keychain; exit 1", kind: undefined },
])("says $what", async ({ script, kind }) => {
  const { machine, keychain } = await withProgram(script);
  await using _ = machine;
  const credential = await keychain.find(scope);
  expect(credential?.kind).toBe(kind);
  if (credential?.kind === "basic") expect(credential.password.reveal()).toBe(canary);
  if (credential?.kind === "identity-token") expect(credential.token.reveal()).toBe(canary);
});

const print = `echo ${canary}; echo ${canary} >&2`;

test.for<{ what: string; script: string; why: string; limit?: number }>([
  { what: "fails", script: `${print}; exit 3`, why: "it ended with exit code 3" },
  { what: "says something else with exit code 1", script: `${print}; exit 1`, why: "it ended with exit code 1" },
  { what: "is killed", script: `${print}; kill -TERM $$`, why: "it was ended by SIGTERM" },
  { what: "prints junk", script: print, why: "its answer is not a user name and a secret in JSON" },
  {
    what: "answers in another form",
    script: `echo '{"Username":"me","Secret":["${canary}"]}'`,
    why: "its answer is not a user name and a secret in JSON",
  },
  { what: "answers without a name", script: answering(""), why: "its answer has a secret and no user name" },
  { what: "prints without end", script: `yes ${canary}`, why: "it printed more than 65536 bytes" },
  { what: "hangs", script: `${print}; sleep 60`, why: "it did not answer within 300 ms", limit: 300 },
])(
  "AUT-26, CVE-2020-8564: one that $what is unavailable, and nothing it prints is told",
  async ({ script, why, limit }) => {
    const { machine, keychain } = await withProgram(script, { helperTimeoutMilliseconds: limit });
    await using _ = machine;
    const error = await failureOf(keychain.find(scope));
    expect(error).toMatchObject({
      code: "unavailable",
      message: `Cannot ask credential program "docker-credential-test": ${why}`,
    });
    expect(tells(error)).toBe(false);
  },
);

test("is looked for in the given PATH alone", async () => {
  const { machine, keychain } = await withProgram(answering("me"), { env: { PATH: "/nowhere" } });
  await using _ = machine;
  const message = 'Cannot ask credential program "docker-credential-test": there is no such program in PATH';
  expect(await failureOf(keychain.find(scope))).toMatchObject({ code: "unavailable", message });
});

test("is ended with what it started when it takes too long", async () => {
  const script = `sleep 60 & echo $! >"$D/pid"; wait`;
  const { machine, keychain } = await withProgram(script, { helperTimeoutMilliseconds: 1500 });
  await using _ = machine;
  await failureOf(keychain.find(scope));
  await hasEnded(machine);
});

test("is not waited for longer because of what it leaves behind", async () => {
  const { machine, keychain } = await withProgram(`sleep 60 & echo $! >"$D/pid"; ${answering("me")}`);
  await using _ = machine;
  expect(ownerOf(await keychain.find(scope))).toBe("me");
  await hasEnded(machine);
});

test("is not waited for by a caller who leaves, nor by what escapes its process group", async () => {
  const escaping = `setsid sh -c 'echo $$ >"$D/escaped"; exec sleep 60' &`;
  const { machine, keychain } = await withProgram(`${escaping} echo $$ >"$D/pid"; sleep 60`);
  await using _ = machine;
  const leaving = new AbortController();
  const question = keychain.find(scope, { signal: leaving.signal });
  const reason = new Error("enough");
  const [[escaped]] = await Promise.all([written(machine, "escaped"), written(machine, "pid")]);
  leaving.abort(reason);
  await expect(question).rejects.toBe(reason);
  await hasEnded(machine);
  process.kill(Number(escaped), "SIGKILL");
});

test("is asked once by all who ask at a time, although the first of them leaves", async () => {
  const { machine, keychain } = await withProgram(`echo run >>"$D/runs"; sleep 0.3; ${answering("me")}`);
  await using _ = machine;
  const leaving = new AbortController();
  const first = keychain.find(scope, { signal: leaving.signal });
  const others = [keychain.find(scope), keychain.find({ ...scope, path: "other" })];
  await Promise.all([
    expect(first).rejects.toThrow("enough"),
    written(machine, "runs").then(() => leaving.abort(new Error("enough"))),
  ]);
  expect((await Promise.all(others)).map(ownerOf)).toEqual(["me", "me"]);
  expect(await machine.lines("runs")).toEqual(["run"]);
});

const askTwice = async (keychain: Keychain, between = 0) => {
  await keychain.find(scope).catch(() => undefined);
  await delay(between);
  await keychain.find(scope).catch(() => undefined);
};

test.for([
  { what: "once while its answer counts", script: answering("me"), life: 60_000, runs: 1 },
  { what: "anew when its answer is too old", script: answering("me"), life: 1, runs: 2 },
  { what: "anew when it failed", script: "exit 3", life: 60_000, runs: 2 },
])("is asked $what", async ({ script, life, runs }) => {
  const { machine, keychain } = await withProgram(`echo run >>"$D/runs"; ${script}`, {
    helperAnswerMilliseconds: life,
  });
  await using _ = machine;
  await askTwice(keychain, 5);
  expect(await machine.lines("runs")).toHaveLength(runs);
});

test("is asked about each server by itself", async () => {
  const { machine, keychain } = await withProgram(`read server; echo "$server" >>"$D/asked"; ${answering("me")}`);
  await using _ = machine;
  await Promise.all(["a.io", "b.io", "a.io"].map((domain) => keychain.find({ domain, path: "x" })));
  expect((await machine.lines("asked")).toSorted()).toEqual(["a.io", "b.io"]);
});
