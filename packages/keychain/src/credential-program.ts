import { type Credential, Secret } from "@stowage/auth";
import { isErrno, StowageError } from "@stowage/errors";
import { z } from "zod";
import type { Environment } from "./auth-file-places.ts";
import { type ProgramEnd, runProgram } from "./run-program.ts";

/** Bytes; an answer is one credential, and the longest tokens have a few thousand. */
const maxAnswerBytes = 64 * 1024;

export interface AskOptions {
  readonly env: Environment;
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The credential that the program `docker-credential-<name>` has for a server; `undefined` where it has none
 * (docker-credential-helpers, "Development"). Fails with `unavailable`; nothing that the program prints is in the error.
 */
export async function askCredentialProgram(
  name: string,
  server: string,
  options: AskOptions,
): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  const run = { ...options, args: ["get"], input: server, maxOutputBytes: maxAnswerBytes };
  const end = await runProgram(program, run);
  if (end.kind === "exited" && end.code === 0) return decodeAnswer(program, end.output);
  if (end.kind === "exited" && end.code === 1 && saysNotFound(end.output)) return undefined;
  throw failure(program, describe(end, options), end.kind === "not-started" ? end.cause : undefined);
}

/** Gives the program a user name and a password to keep for a server. Fails with `unavailable`. */
export async function storeInCredentialProgram(name: string, login: ServerLogin, options: AskOptions): Promise<void> {
  const { server: ServerURL, username: Username, password } = login;
  await tell(
    name,
    { verb: "store", input: JSON.stringify({ ServerURL, Username, Secret: password.reveal() }) },
    options,
  );
}

/** Lets the program forget what it has for a server, if anything. Fails with `unavailable`. */
export async function eraseFromCredentialProgram(name: string, server: string, options: AskOptions): Promise<void> {
  await tell(name, { verb: "erase", input: server }, options);
}

export interface ServerLogin {
  readonly server: string;
  readonly username: string;
  readonly password: Secret;
}

interface Told {
  readonly verb: "store" | "erase";
  readonly input: string;
}

async function tell(name: string, { verb, input }: Told, options: AskOptions): Promise<void> {
  const program = `docker-credential-${name}`;
  const end = await runProgram(program, { ...options, args: [verb], input, maxOutputBytes: maxAnswerBytes });
  const isDone = end.kind === "exited" && (end.code === 0 || (verb === "erase" && saysNotFound(end.output)));
  if (!isDone) throw failure(program, describe(end, options), end.kind === "not-started" ? end.cause : undefined);
}

function saysNotFound(output: Buffer): boolean {
  return output.toString().trim() === notFound;
}

/** The protocol has no other way to tell this from a failure. */
const notFound = "credentials not found in native keychain";

const answerSchema = z.object({ ServerURL: z.string().optional(), Username: z.string(), Secret: z.string() });

/** No cause is kept: a JSON parser quotes what it cannot read. */
function decodeAnswer(program: string, output: Buffer): Credential | undefined {
  const read = answerSchema.safeParse(parseJson(output));
  if (!read.success) throw failure(program, "its answer is not a user name and a secret in JSON");
  const { Username: username, Secret: secret } = read.data;
  if (username === "" && secret === "") return undefined;
  if (username === "") throw failure(program, "its answer has a secret and no user name");
  return username === "<token>"
    ? { kind: "identity-token", token: new Secret(secret) }
    : { kind: "basic", username, password: new Secret(secret) };
}

function parseJson(output: Buffer): unknown {
  try {
    return JSON.parse(output.toString());
  } catch {
    return undefined;
  }
}

function describe(end: ProgramEnd, { timeoutMilliseconds }: AskOptions): string {
  switch (end.kind) {
    case "exited":
      return `it ended with exit code ${end.code}`;
    case "killed":
      return `it was ended by ${end.signal}`;
    case "not-started":
      return isErrno(end.cause, "ENOENT") ? "there is no such program in PATH" : "it could not be started";
    case "too-slow":
      return `it did not answer within ${timeoutMilliseconds} ms`;
    case "too-much":
      return `it printed more than ${maxAnswerBytes} bytes`;
  }
}

function failure(program: string, why: string, cause?: Error): StowageError {
  const message = `Cannot ask credential program ${JSON.stringify(program)}: ${why}`;
  return new StowageError("unavailable", message, cause === undefined ? {} : { cause });
}
