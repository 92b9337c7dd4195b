import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Durability, type Flusher, lockFile, makeDirectory, openFlusher } from "@stowage/linux";
import { Trash } from "./trash.ts";

/** Where writable snapshots are, each in a directory that has its key for a name. */
export interface WritableArea {
  readonly directory: string;
  /** Trees that are being made; on the same file system. */
  readonly staging: string;
  readonly trash: Trash;
  /** Of everything that was written, and of the names of writable snapshots. */
  readonly files: Flusher;
  readonly names: Flusher;
}

/** Opens an area of its own, on whatever file system, for this process alone. It ends with `opening`. */
export async function openWritableArea(
  directory: string,
  durability: Durability,
  opening: AsyncDisposableStack,
): Promise<WritableArea> {
  const staging = join(directory, ".staging");
  for (const path of [directory, staging]) await makeDirectory(path);
  opening.use(lockFile(join(directory, ".lock")));
  const files = opening.use(openFlusher(directory, { scope: "file-system", durability }));
  const names = opening.use(openFlusher(directory, { scope: "names", durability }));
  const trash = opening.use(
    await Trash.open(join(directory, ".trash"), { flush: () => names.flush(), isInUse: () => false }),
  );
  for (const name of await readdir(staging)) await trash.put(join(staging, name));
  await files.flush();
  return { directory, staging, trash, files, names };
}
