import { StowageError } from "@stowage/errors";
import type { ImageTree, TreeEntry } from "@stowage/stacked-tree";
import { writeBytes } from "../output/write-bytes.ts";
import { getImage } from "../store/get-image.ts";
import { parseImagePath } from "../store/image-path.ts";
import { openImageFiles } from "../store/open-image-files.ts";
import type { OpenImages } from "../store/open-images.ts";
import { bytesOfPath } from "../store/path-text.ts";
import type { Call } from "../verbs/call.ts";

/** Prints the bytes of files of images, one file after the other. */
export async function printFiles(call: Call, places: readonly string[]): Promise<void> {
  await using open = await call.open();
  await call.each(places, (place) => printFile(call, open, place));
}

async function printFile({ signal, terminal }: Call, { images }: OpenImages, place: string): Promise<void> {
  const { image: name, path } = parseImagePath(place);
  const image = await getImage(images, name, { signal });
  await using files = await openImageFiles(images, image, { signal });
  const entry = await findFile(files.tree, path, place);
  await writeBytes(terminal.stdout, files.tree.read(entry), { signal });
}

async function findFile(tree: ImageTree, path: string, place: string): Promise<TreeEntry> {
  const entry = await tree.find(bytesOfPath(path));
  if (entry === undefined) throw new StowageError("not-found", `Cannot print "${place}": the image has no such file`);
  if (entry.kind === "file") return entry;
  throw new StowageError("failed-precondition", `Cannot print "${place}": it is no file, but a ${kinds[entry.kind]}`);
}

const kinds = {
  directory: "directory",
  symlink: "link",
  character: "device",
  block: "device",
  fifo: "fifo",
  socket: "socket",
} as const;
