import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type AbortOptions, asStorageError, ifThere, isErrno, StowageError } from "@stowage/errors";
import { lockForEdit } from "./edit-lock.ts";
import { linkTarget } from "./link-target.ts";

/** Makes of the text of an auth file, `""` where there is none, the one that it is to have; `undefined` to leave it. */
export type Edit = (text: string) => string | undefined;

/**
 * Changes an auth file, whole or not at all, while nobody else does so; returns whether there was something to change. It is then
 * readable by its owner only, who stays the same: fails with `permission-denied` where that is not permitted. A link stays one, and leads
 * to what is changed or made.
 */
export async function editAuthText(path: string, edit: Edit, options: AbortOptions = {}): Promise<boolean> {
  try {
    const target = await linkTarget(path);
    if (edit(await readText(target)) === undefined) return false;
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await using _ = await lockForEdit(target, options);
    const text = edit(await readText(target));
    if (text === undefined) return false;
    await replace(target, text);
    return true;
  } catch (error) {
    throw asStorageError(error, `write auth file ${JSON.stringify(path)}`);
  }
}

async function readText(path: string): Promise<string> {
  return (await ifThere(readFile(path, "utf8"))) ?? "";
}

async function replace(target: string, text: string): Promise<void> {
  const unfinished = `${target}.${randomUUID()}`;
  try {
    await using file = await open(unfinished, "wx", 0o600);
    await keepOwner(file, target);
    await file.writeFile(text);
    await file.sync();
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** A login as root, into the file of somebody else, would take it from them. */
async function keepOwner(file: FileHandle, target: string): Promise<void> {
  const [before, own] = [await ifThere(stat(target)), await file.stat()];
  if (before === undefined || (before.uid === own.uid && before.gid === own.gid)) return;
  try {
    await file.chown(before.uid, before.gid);
  } catch (cause) {
    if (!isErrno(cause, "EPERM", "EINVAL")) throw cause;
    const why = `it belongs to user ${before.uid} and group ${before.gid}, and could not be kept theirs`;
    throw new StowageError("permission-denied", `Cannot write auth file ${JSON.stringify(target)}: ${why}`, { cause });
  }
}
