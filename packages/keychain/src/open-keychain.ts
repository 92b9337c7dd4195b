import { type AuthFile, type Credential, findCredential, findCredentialHelper, serverAddressOf } from "@stowage/auth";
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
}: KeychainOptions): Keychain {
  const reader = new AuthFileReader();
  const programs = new CredentialPrograms({
    env,
    timeoutMilliseconds: helperTimeoutMilliseconds,
    answerMilliseconds: helperAnswerMilliseconds,
  });
  return {
    async find(scope, { signal } = {}) {
      signal?.throwIfAborted();
      for (const place of files) {
        const file = await within(reader.read(place), signal);
        const answer = file === undefined ? undefined : await findInFile(file, scope, { programs, signal });
        if (answer !== undefined) return answer.credential;
      }
      return undefined;
    },
  };
}

interface FindOptions {
  readonly programs: CredentialPrograms;
  readonly signal: AbortSignal | undefined;
}

/** An answer may be that there is no credential: the program for a host is believed, and nobody else is asked. */
interface Answer {
  readonly credential: Credential | undefined;
}

async function findInFile(
  file: AuthFile,
  scope: CredentialScope,
  { programs, signal }: FindOptions,
): Promise<Answer | undefined> {
  const server = serverAddressOf(scope.domain);
  const helper = findCredentialHelper(file, scope.domain);
  if (helper && server !== undefined) return { credential: await programs.ask(helper, server, signal) };
  const written = findCredential(file, scope);
  if (written !== undefined) return { credential: written };
  if (helper !== undefined || file.credsStore === undefined || server === undefined) return undefined;
  const stored = await programs.ask(file.credsStore, server, signal);
  return stored === undefined ? undefined : { credential: stored };
}
