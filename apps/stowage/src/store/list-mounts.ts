import type { AbortOptions } from "@stowage/errors";
import type { MountEntry } from "@stowage/linux";
import { bestName } from "../output/best-name.ts";
import type { OpenImages } from "./open-images.ts";

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
  const mounts = await mountsOf(root);
  if (mounts.length === 0) return [];
  const known = new Map<string, { readonly image: string; readonly name: string }>();
  for (const image of await images.list({ signal })) {
    const views = await images.view(image, { signal });
    known.set(layersIn(views.flatMap(({ options }) => options)), { image: image.id, name: bestName(image) });
  }
  return mounts.map(({ target, superOptions }) => ({
    target,
    ...(known.get(layersIn(superOptions)) ?? { image: "", name: "<removed>" }),
  }));
}

/** Whether an image of the store at `root` is what is on top at `target`. */
export async function isMounted(target: string, root: string): Promise<boolean> {
  return (await mountsOf(root)).some((entry) => entry.target === target);
}

/** Of each place only what is on top counts. */
async function mountsOf(root: string): Promise<readonly MountEntry[]> {
  const { readMounts } = await import("@stowage/linux");
  const topmost = new Map(readMounts().map((entry) => [entry.target, entry]));
  return [...topmost.values()].filter(
    ({ type, superOptions }) =>
      type === "overlay" &&
      superOptions.some((option) => option.startsWith("lowerdir") && option.includes(`${root}/storage/overlay/`)),
  );
}

/** The short links of layers, from the top down: one string in mount(8)'s options, an option each in the kernel's. */
function layersIn(options: readonly string[]): string {
  return options
    .filter((option) => option.startsWith("lowerdir"))
    .flatMap((option) => option.match(/\/l\/[A-Z2-7]{26}/g) ?? [])
    .join();
}
