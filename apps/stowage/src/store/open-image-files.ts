import { randomUUID } from "node:crypto";
import type { AbortOptions } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { type ImageTree, openImageTree } from "@stowage/stacked-tree";

/** The files of an image, whose layers stay until it is disposed of, also where the image is removed. */
export interface ImageFiles extends AsyncDisposable {
  readonly tree: ImageTree;
}

/** Opens the files of an image without mounting it. Fails with `permission-denied` where the layers are somebody else's. */
export async function openImageFiles(
  images: Pick<ImageVerbs, "view" | "release">,
  image: Image,
  { signal }: AbortOptions,
): Promise<ImageFiles> {
  await using opening = new AsyncDisposableStack();
  const holder = `read ${randomUUID()}`;
  opening.defer(() => images.release(holder));
  const mounts = await images.view(image, { signal, holder });
  const tree = opening.use(openImageTree(mounts, { signal }));
  const open = opening.move();
  return { tree, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() };
}
