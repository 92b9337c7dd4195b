import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import { isErrno } from "@stowage/errors";

/** Removes a tree, whatever bytes its names are made of, and follows no link in it. An absent one is fine. */
export async function removeTree(path: string | Buffer): Promise<void> {
  const bytes = Buffer.from(path);
  try {
    if (!(await lstat(bytes)).isDirectory()) return await unlink(bytes);
    for (const name of await readdir(bytes, { encoding: "buffer" }))
      await removeTree(Buffer.concat([bytes, slash, name]));
    await rmdir(bytes);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
  }
}

const slash = Buffer.from("/");
