import { type AuthFile, type Credential, findCredential, findCredentialHelper, serverAddressOf } from "@stowage/auth";
import type { AbortOptions } from "@stowage/errors";
import type { CredentialScope, Keychain } from "@stowage/registry";
import { within } from "@stowage/shared-work";
import type { AuthFilePlace, Environment } from "./auth-file-places.ts";
import { AuthFileReader } from "./auth-file-reader.ts";
import { CredentialPrograms } from "./credential-programs.ts";

export interface KeychainOptions {
  /** First choice first: `authFilePlaces`. */
  readonly files: readonly AuthFilePlace[];
  /** What credential programs get, and in whose `PATH` they are looked for. */
  readonly env: Environment;
  /** How long a credential program may take. Default: 10 000. */
  readonly helperTimeoutMilliseconds?: number | undefined;
  /** How long the answer of one counts. Default: 30 000, so that a pull of many layers asks once. */
  readonly helperAnswerMilliseconds?: number | undefined;
}

/**
 * The credentials of auth files and of the programs that they name, as they are at the time of each question. The first
 * file with an answer wins; in a file that is the program for the host, then the longest path of the repository, then
 * the program for all hosts.
 */
export function openKeychain({
  files,
  env,
  helperTimeoutMilliseconds = 10_000,
  helperAnswerMilliseconds = 30_000,
}: KeychainOptions): LocatingKeychain {
  const reader = new AuthFileReader();
  const programs = new CredentialPrograms({
    env,
    timeoutMilliseconds: helperTimeoutMilliseconds,
    answerMilliseconds: helperAnswerMilliseconds,
  });
  const locate: LocatingKeychain["locate"] = async (scope, { signal } = {}) => {
    signal?.throwIfAborted();
    for (const place of files) {
      const file = await within(reader.read(place), signal);
      const answer = file === undefined ? undefined : await findInFile(file, scope, { programs, signal });
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
  return { locate, find: async (scope, options) => (await locate(scope, options))?.credential };
}

/** A keychain that also says where it has a credential from. */
export interface LocatingKeychain extends Keychain {
  /** Who has answered for a repository, be it that there is no credential; `undefined` where nobody has. Fails as `find` does. */
  locate(scope: CredentialScope, options?: AbortOptions): Promise<LocatedCredential | undefined>;
}

/** The program for a host is believed, and nobody else is asked, where it says that there is no credential. */
export interface LocatedCredential {
  readonly credential: Credential | undefined;
  readonly source: CredentialSource;
}

/** What has a credential: an entry of a file, by what it is for, or a program that a file names for this host or all. */
export type CredentialSource =
  | { readonly kind: "entry"; readonly file: string; readonly scope: string }
  | { readonly kind: "program"; readonly file: string; readonly program: string; readonly isForHost: boolean };

interface FindOptions {
  readonly programs: CredentialPrograms;
  readonly signal: AbortSignal | undefined;
}

async function findInFile(
  file: AuthFile,
  scope: CredentialScope,
  { programs, signal }: FindOptions,
): Promise<LocatedCredential | undefined> {
  const server = serverAddressOf(scope.domain);
  const helper = findCredentialHelper(file, scope.domain);
  const sourceOf = (program: string, isForHost: boolean): CredentialSource => {
    return { kind: "program", file: file.name, program: `docker-credential-${program}`, isForHost };
  };
  if (helper && server !== undefined)
    return { credential: await programs.ask(helper, server, signal), source: sourceOf(helper, true) };
  const written = findCredential(file, scope);
  if (written !== undefined) {
    const source: CredentialSource = { kind: "entry", file: file.name, scope: written.scope };
    return { credential: written.credential, source };
  }
  if (helper !== undefined || file.credsStore === undefined || server === undefined) return undefined;
  const stored = await programs.ask(file.credsStore, server, signal);
  return stored === undefined ? undefined : { credential: stored, source: sourceOf(file.credsStore, false) };
}
