import {
  type AuthFile,
  checkLogin,
  findCredentialHelper,
  hostOf,
  type Login,
  quoteAddress,
  serverAddressOf,
  withLogin,
  withoutLogin,
} from "@stowage/auth";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { AuthFilePlace, Environment } from "./auth-file-places.ts";
import { AuthFileReader } from "./auth-file-reader.ts";
import { eraseFromCredentialProgram, storeInCredentialProgram } from "./credential-program.ts";
import { editAuthText } from "./edit-auth-text.ts";

export interface LoginsOptions extends AbortOptions {
  /** First choice first: `authFilePlaces`. */
  readonly files: readonly AuthFilePlace[];
  /** What credential programs get, and in whose `PATH` they are looked for. */
  readonly env: Environment;
  /** How long a credential program may take. Default: 10 000. */
  readonly helperTimeoutMilliseconds?: number | undefined;
}

/** Where a login is kept: in a file, or by the program that a file names. */
export interface LoginPlace {
  readonly file: string;
  readonly program?: string | undefined;
}

/**
 * Keeps a user name and password where they will be found: by the program or in the file that answers for the host now, else in the
 * file that is for logins, made with mode 0600. Fails with `unavailable` where the program fails, with `invalid-argument` for a
 * damaged file and for what `checkLogin` refuses, with `permission-denied` where the file would change its owner.
 */
export async function storeLogin(login: Login, options: LoginsOptions): Promise<LoginPlace> {
  const server = serverAddressOf(login.domain);
  if (server === undefined)
    throw new StowageError("invalid-argument", `Cannot log in to ${quoteAddress(login.domain)}: it is no host`);
  checkLogin(login);
  const place = (await findPlaces(login.domain, options))[0] ?? lastResort(options);
  if (place.program === undefined) {
    await editAuthText(place.file, (text) => withLogin(text, place.file, login), options);
    return place;
  }
  await storeInCredentialProgram(place.program, { ...login, server }, asking(options));
  return told(place);
}

/** Forgets what is kept for a host, wherever it is. Returns where that was; nowhere is fine. */
export async function forgetLogin(domain: string, options: LoginsOptions): Promise<readonly LoginPlace[]> {
  const places = await findPlaces(domain, options);
  const server = serverAddressOf(domain) ?? domain;
  const forgotten: LoginPlace[] = [];
  for (const place of places) {
    if (place.program === undefined) {
      if (!(await editAuthText(place.file, (text) => withoutLogin(text, place.file, domain), options))) continue;
    } else await eraseFromCredentialProgram(place.program, server, asking(options));
    forgotten.push(told(place));
  }
  return forgotten;
}

/** Who answers for a host, in the order in which they are asked. */
async function findPlaces(domain: string, { files }: LoginsOptions): Promise<readonly LoginPlace[]> {
  const reader = new AuthFileReader();
  const places: LoginPlace[] = [];
  for (const { path } of files) {
    const file = await reader.read({ path, isNamed: false });
    if (file !== undefined) places.push(...placesIn(file, domain));
  }
  return places;
}

function placesIn(file: AuthFile, domain: string): readonly LoginPlace[] {
  const helper = findCredentialHelper(file, domain);
  if (helper) return [{ file: file.name, program: helper }];
  const written = file.credentials.has(hostOf(domain) ?? domain) ? [{ file: file.name }] : [];
  const all =
    helper === undefined && file.credsStore !== undefined ? [{ file: file.name, program: file.credsStore }] : [];
  return [...written, ...all];
}

function lastResort({ files }: LoginsOptions): LoginPlace {
  const place = files.find(({ isForLogins }) => isForLogins);
  if (place !== undefined) return { file: place.path };
  throw new StowageError(
    "failed-precondition",
    "Cannot keep a login: there is no home directory, and no file is named",
  );
}

function asking({ env, helperTimeoutMilliseconds = 10_000, signal }: LoginsOptions) {
  return { env, timeoutMilliseconds: helperTimeoutMilliseconds, signal };
}

function told({ file, program }: LoginPlace): LoginPlace {
  return program === undefined ? { file } : { file, program: `docker-credential-${program}` };
}
