import { readFile } from "node:fs/promises";
import { type Credential, decodeAuthFile, findCredential } from "@stowage/auth";
import { isErrno, StowageError } from "@stowage/errors";
import type { Reference } from "@stowage/reference";

/** What the docker or podman auth file at `path` has for a reference's registry; `undefined` where it has nothing. */
export async function readCredential(path: string | undefined, reference: Reference): Promise<Credential | undefined> {
  return path === undefined ? undefined : findCredential(decodeAuthFile(await readBytes(path), path), reference);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const why = isErrno(cause, "ENOENT") ? "there is no such file" : "it cannot be read";
    throw new StowageError("invalid-argument", `Cannot read auth file "${path}": ${why}`, { cause });
  }
}
