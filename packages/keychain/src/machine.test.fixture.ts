import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Credential } from "@stowage/auth";
import { StowageError } from "@stowage/errors";
import type { AuthFilePlace, Environment } from "./index.ts";

/** A password that must be in no error. */
export const canary = "c4n4ry-passw0rd";

/** A directory with auth files and credential programs. */
export interface Machine extends AsyncDisposable {
  readonly env: Environment;
  pathOf(name: string): string;
  /** Writes an auth file, as text or as JSON. */
  write(name: string, content: string | object): Promise<AuthFilePlace>;
  /** Writes the shell script `docker-credential-<name>`. It may use `$D`, the directory. */
  program(name: string, script: string): Promise<void>;
  /** The lines that scripts have written into a file of the directory. */
  lines(name: string): Promise<readonly string[]>;
}

export async function makeMachine(): Promise<Machine> {
  const directory = await mkdtemp(join(tmpdir(), "keychain-"));
  const pathOf = (name: string) => join(directory, name);
  return {
    env: { PATH: `${directory}:/usr/bin:/bin`, D: directory },
    pathOf,
    async write(name, content) {
      await writeFile(pathOf(name), typeof content === "string" ? content : JSON.stringify(content));
      return { path: pathOf(name), isNamed: false };
    },
    async program(name, script) {
      await writeFile(pathOf(`docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
      await chmod(pathOf(`docker-credential-${name}`), 0o755);
    },
    async lines(name) {
      const content = await readFile(pathOf(name), "utf8").catch(() => "");
      return content.split("\n").filter((line) => line !== "");
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

/** An entry of `auths`. */
export function auth(username: string, password: string = canary): { readonly auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString("base64") };
}

/** A script that answers with a name and a secret. */
export function answering(username: string, secret: string = canary): string {
  return `echo '${JSON.stringify({ ServerURL: "x", Username: username, Secret: secret })}'`;
}

/** Whose credential it is: the name, or the kind where it has none. */
export function ownerOf(credential: Credential | undefined): string | undefined {
  return credential?.kind === "basic" ? credential.username : credential?.kind;
}

/** The error that a question ends with. Fails where there is none, or another one than a StowageError. */
export async function failureOf(question: Promise<unknown>): Promise<StowageError> {
  const error: unknown = await question.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StowageError) return error;
  throw new Error("It was to fail with a StowageError", { cause: error });
}

/** Whether any way to look at an error shows the canary, plain or encoded. */
export function tells(error: unknown): boolean {
  const shown = inspect(error, { depth: null, showHidden: true, maxStringLength: null }) + JSON.stringify(error);
  const encoded = Buffer.from(canary).toString("base64").replace(/=+$/, "");
  return [canary, encoded, encoded.slice(4, -4)].some((text) => shown.includes(text));
}
