import { lstat } from "node:fs/promises";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import { quoteText } from "@stowage/oci";

/**
 * Fails where a policy that nobody could read is not simply missing, as with a link to nothing: somebody meant it to count. With
 * `isAllowed` being false, a missing one fails as well.
 */
export async function requireAbsent(path: string, { isAllowed }: { readonly isAllowed: boolean }): Promise<void> {
  if (await isThere(path)) throw refusal(path, "it is a link to what is not there");
  if (!isAllowed) throw refusal(path, "it is not there");
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return false;
    throw asStorageError(cause, `read policy ${quoteText(path)}`);
  }
}

function refusal(path: string, why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read policy ${quoteText(path)}: ${why}`);
}
