import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { chmod, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type AuthFile, decodeAuthFile, findCredential } from "@stowage/auth";
import { asStorageError, ifThere, isErrno, StowageError } from "@stowage/errors";
import type { CredentialScope, Keychain, NamespacedKeychains } from "@stowage/registry";
import { maxAuthFileBytes } from "./auth-file-reader.ts";

/**
 * Auth files of a directory that a kubelet's credential provider lays down (crio-credential-provider), each under the name
 * `<namespace>-<sha256 of the repository>.json`. One that is taken is renamed into `in-use`, so that nobody else gets it, read, and
 * removed: from then on it is known to the pull alone. What a crash has left there is removed now. A missing directory is fine.
 */
export async function openNamespacedKeychains(directory: string): Promise<NamespacedKeychains> {
  await dropLeft(directory);
  return {
    async take(namespace, repository, { signal } = {}) {
      const name = nameOf(namespace, repository);
      signal?.throwIfAborted();
      try {
        const taken = await takeFile(directory, name);
        if (taken === undefined) return undefined;
        return keychainOf(await readOnce(taken, join(directory, name)));
      } catch (error) {
        throw asStorageError(error, `take the credentials of namespace "${namespace}" in "${directory}"`);
      }
    },
  };
}

const inUse = "in-use";

/** It becomes a part of a path: anything but a DNS label (RFC 1123) is refused. */
function nameOf(namespace: string, { domain, path }: CredentialScope): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) {
    const what = `the credentials of namespace ${JSON.stringify(namespace.slice(0, 63))}`;
    throw new StowageError("invalid-argument", `Cannot find ${what}: it is no name of a namespace`);
  }
  return `${namespace}-${createHash("sha256").update(`${domain}/${path}`).digest("hex")}.json`;
}

/** The path of the file where nobody else looks; `undefined` where there is none. */
async function takeFile(directory: string, name: string): Promise<string | undefined> {
  const to = join(directory, inUse, `${name.slice(0, -".json".length)}-${randomUUID()}.json`);
  const isTaken = async (): Promise<boolean> => {
    const moved = await ifThere(rename(join(directory, name), to).then(() => true));
    return moved === true;
  };
  if (await isTaken()) return to;
  const isThere = (await ifThere(readdir(directory)))?.includes(name) === true;
  if (!isThere) return undefined;
  await mkdir(join(directory, inUse), { recursive: true, mode: 0o700 });
  await chmod(join(directory, inUse), 0o700);
  return (await isTaken()) ? to : undefined;
}

/** Reads a file that is removed then, whatever comes of it. `name` is what it is called in messages. */
async function readOnce(path: string, name: string): Promise<AuthFile> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (!stats.isFile()) throw unreadable(name, "it is not a regular file");
    await handle.chmod(0o600);
    if (stats.size > maxAuthFileBytes) throw unreadable(name, `it has more than ${maxAuthFileBytes} bytes`);
    return decodeAuthFile(await handle.readFile(), name);
  } catch (error) {
    throw isErrno(error, "ELOOP") ? unreadable(name, "it is a link", error) : error;
  } finally {
    await rm(path, { force: true, recursive: true });
  }
}

/** Of its entries alone: what comes from a namespace runs no programs here. */
function keychainOf(file: AuthFile): Keychain {
  return {
    async find(scope, { signal } = {}) {
      signal?.throwIfAborted();
      return findCredential(file, scope)?.credential;
    },
  };
}

/** Where that is not ours to do, the directory is not ours to take from either. */
async function dropLeft(directory: string): Promise<void> {
  const left = join(directory, inUse);
  try {
    for (const name of (await ifThere(readdir(left))) ?? [])
      await rm(join(left, name), { force: true, recursive: true });
  } catch (error) {
    if (!isErrno(error, "EACCES", "EPERM", "EROFS", "ENOTDIR")) {
      throw asStorageError(error, `remove what is left in "${left}"`);
    }
  }
}

function unreadable(name: string, why: string, cause?: unknown): StowageError {
  const message = `Cannot read auth file ${JSON.stringify(name)}: ${why}`;
  return new StowageError("invalid-argument", message, cause === undefined ? {} : { cause });
}
