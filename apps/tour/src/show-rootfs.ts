import { lstat, mkdir, readdir, readlink } from "node:fs/promises";
import { StowageError } from "@stowage/errors";
import { mount, unmount } from "@stowage/linux";
import { connectStore } from "@stowage/store-client";
import type { Teller } from "./teller.ts";

export interface Showing {
  readonly address: string;
  readonly id: string;
  /** A directory that does not exist yet. */
  readonly target: string;
}

/** Enough to see what it is. */
const maxLines = 20;

/** Mounts the root file system of an image, lists it and unmounts it. Takes root. */
export async function showRootfs({ address, id, target }: Showing, teller: Teller): Promise<void> {
  await mkdir(target);
  await teller.step("Mount the root file system, read-only", () => mountImage({ address, id, target }));
  try {
    await teller.step(
      "List it",
      () => listTree(Buffer.from(target)),
      (lines) => (lines.length > maxLines ? [...lines.slice(0, maxLines), `… ${lines.length - maxLines} more`] : lines),
    );
  } finally {
    await teller.step("Unmount it", async () => unmount(target));
  }
}

async function mountImage({ address, id, target }: Showing): Promise<void> {
  using store = connectStore(address);
  const image = await store.find(id);
  if (image === undefined) throw new StowageError("not-found", `Cannot mount image ${id}: it is not here`);
  for (const request of await store.view(image)) mount({ ...request, target });
}

/** Every file of the image and none of the machine's: links are shown, not followed. Names may be any bytes. */
async function listTree(root: Buffer, within = ""): Promise<readonly string[]> {
  const lines: string[] = [];
  const entries = await readdir(root, { encoding: "buffer", withFileTypes: true });
  for (const entry of entries.toSorted((one, other) => Buffer.compare(one.name, other.name))) {
    const path = Buffer.concat([root, slash, entry.name]);
    const shown = `${within}${printable(entry.name)}`;
    if (entry.isDirectory()) lines.push(`${shown}/`, ...(await listTree(path, `${shown}/`)));
    else if (entry.isSymbolicLink()) lines.push(`${shown} -> ${printable(await readlink(path, "buffer"))}`);
    else lines.push(`${shown}  ${(await lstat(path)).size} bytes`);
  }
  return lines;
}

const slash = Buffer.from("/");

/** A name for a terminal, which is not to take orders from it. */
function printable(name: Buffer): string {
  return name.toString().replace(/\p{C}/gu, "?");
}
