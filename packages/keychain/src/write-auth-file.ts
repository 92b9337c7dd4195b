import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { asStorageError, ifThere } from "@stowage/errors";

/** The text of an auth file; `undefined` where there is none. */
export async function readAuthText(path: string): Promise<string | undefined> {
  return await ifThere(readFile(path, "utf8"));
}

/** Puts a text in the place of an auth file, whole or not at all, for its owner only. A link leads to what is replaced. */
export async function writeAuthText(path: string, text: string): Promise<void> {
  const target = (await ifThere(realpath(path))) ?? path;
  const unfinished = `${target}.${randomUUID()}`;
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await using file = await open(unfinished, "wx", 0o600);
    await file.writeFile(text);
    await file.sync();
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw asStorageError(error, `write auth file ${JSON.stringify(path)}`);
  }
}
