import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ifThere, StowageError } from "@stowage/errors";
import { writableKeyPattern } from "./writable-store.ts";

/** Where it is noted that writable snapshots are elsewhere than beside the layers. */
export const placeNoteName = "writables-are-in";

/**
 * Notes under `root` that writable snapshots are in `place`, or, where that is left out, in `beside`. Fails with
 * `failed-precondition` while some are where they were before: nobody would know what they stand on.
 */
export async function notePlace(root: string, beside: string, place: string | undefined): Promise<void> {
  const note = join(root, placeNoteName);
  const before = await ifThere(readFile(note, "utf8"));
  if (before === place) return;
  const left = (await ifThere(readdir(before ?? beside)))?.filter((name) => writableKeyPattern.test(name)) ?? [];
  if (left.length > 0) {
    const why = `there are writable snapshots in "${before ?? beside}"; remove them first, or leave them there`;
    throw new StowageError("failed-precondition", `Cannot keep writable snapshots in "${place ?? beside}": ${why}`);
  }
  if (place === undefined) await rm(note, { force: true });
  else await writeFile(note, place, { mode: 0o600 });
}
