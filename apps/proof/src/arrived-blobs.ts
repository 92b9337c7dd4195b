import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "@stowage/core";
import { digestOf } from "@stowage/oci";

/** The blobs of which every byte is here: unpacked, for an image that is listed, or in the store or on the way there. */
export async function arrivedBlobs({ images, root }: Store): Promise<ReadonlySet<string>> {
  const listed = await images.list();
  const arrived = new Set<string>(listed.flatMap(({ layers }) => layers.map(({ blob }) => blob.digest)));
  for (const directory of ["content/ingest", "content/blobs/sha256"]) {
    for (const name of await readdir(join(root, directory))) {
      const named = /^(?:sha256-)?([0-9a-f]{64})$/.exec(name)?.[1];
      const digest = digestOf(await readFile(join(root, directory, name)));
      if (digest === `sha256:${named}`) arrived.add(digest);
    }
  }
  return arrived;
}
