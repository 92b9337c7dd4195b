import { type AbortOptions, StowageError } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { bestName } from "../output/best-name.ts";
import type { OpenImages } from "./open-images.ts";
import { layersIn, readStoreMounts } from "./store-mounts.ts";

/** A place where an image is mounted. */
export interface MountedImage {
  /** Its id; empty where no image has these layers any more. */
  readonly image: string;
  /** What people know it by. */
  readonly name: string;
  readonly target: string;
}

/** The places where images of this store are mounted, in the order of mounting. */
export async function listMounts(
  { images, root }: Pick<OpenImages, "images" | "root">,
  { signal }: AbortOptions = {},
): Promise<readonly MountedImage[]> {
  const mounts = (await readStoreMounts(root)).filter(({ isCovered }) => !isCovered);
  if (mounts.length === 0) return [];
  const known = new Map<string, { readonly image: string; readonly name: string }>();
  for (const image of await images.list({ signal }))
    known.set(await shownBy(images, image, { signal }), { image: image.id, name: bestName(image) });
  return mounts.map(({ target, shows }) => ({ target, ...(known.get(shows) ?? { image: "", name: "<removed>" }) }));
}

/** What its mounts show; of one that cannot be mounted, like an artifact, nothing. */
async function shownBy(images: ImageVerbs, image: Image, { signal }: AbortOptions): Promise<string> {
  if (image.layers.length === 0) return "";
  try {
    const views = await images.view(image, { signal });
    return views.map(({ type, source, options }) => (type === "bind" ? source : layersIn(options))).join();
  } catch (error) {
    if (error instanceof StowageError) return "";
    throw error;
  }
}
