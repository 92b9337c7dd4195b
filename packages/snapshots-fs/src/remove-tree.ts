import type { Dirent } from "node:fs";
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
  const entries = await readdir(path, { encoding: "buffer", withFileTypes: true });
  const childOf = ({ name }: Dirent<Buffer>): Buffer => Buffer.concat([path, slash, name]);
  for (const directory of entries.filter((entry) => entry.isDirectory())) await removeDirectory(childOf(directory));
  const files = entries.filter((entry) => !entry.isDirectory());
  for (let at = 0; at < files.length; at += batch) {
    await Promise.all(files.slice(at, at + batch).map((file) => unlink(childOf(file))));
  }
  await rmdir(path);
}

/** Unlinks under way at once: more than the threads that do them, so that none waits for the next one. */
const batch = 32;

const slash = Buffer.from("/");
