import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true, force: true }))));

/** A new directory with these files, each by its path below it; a path with a slash at its end is a directory. */
export async function tree(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "stowage-hosts-"));
  made.push(root);
  for (const [name, text] of Object.entries(files)) await put(join(root, name), text);
  return root;
}

/** Writes a file and the directories above it. */
export async function put(path: string, text: string): Promise<void> {
  await mkdir(path.endsWith("/") ? path : dirname(path), { recursive: true });
  if (!path.endsWith("/")) await writeFile(path, text);
}
