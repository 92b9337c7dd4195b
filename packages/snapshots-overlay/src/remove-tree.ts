import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import { isErrno } from "@stowage/errors";

/** Removes a tree, whatever bytes its names are made of (`fs.rm` loses names that are not UTF-8). An absent one is fine. */
export async function removeTree(path: string | Buffer): Promise<void> {
  const bytes = Buffer.from(path);
  try {
    if (!(await lstat(bytes)).isDirectory()) return await unlink(bytes);
    await removeDirectory(bytes);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

async function removeDirectory(path: Buffer): Promise<void> {
  for (const entry of await readdir(path, { encoding: "buffer", withFileTypes: true })) {
    const child = Buffer.concat([path, slash, entry.name]);
    await (entry.isDirectory() ? removeDirectory(child) : unlink(child));
  }
  await rmdir(path);
}

const slash = Buffer.from("/");
