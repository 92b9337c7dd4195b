import { join } from "node:path";
import type { MountEntry } from "@stowage/linux";

/** A mount whose files are those of a store. */
export interface StoreMount {
  readonly target: string;
  /** The layers, or the directory that is bound there. */
  readonly shows: string;
  /** Whether something else is mounted over it. */
  readonly isCovered: boolean;
}

/** The mounts of the layers of the store at `root`, with each of its snapshotters, in the order of mounting. */
export async function readStoreMounts(root: string): Promise<readonly StoreMount[]> {
  const { readMounts } = await import("@stowage/linux");
  const mounts = readMounts();
  const topmost = new Map(mounts.map((entry) => [entry.target, entry]));
  return mounts.flatMap((entry) => {
    const shows = entry.type === "overlay" ? overlayOf(entry, root) : boundOf(entry, { mounts, root });
    const { target } = entry;
    return shows === undefined ? [] : [{ target, shows, isCovered: topmost.get(target) !== entry }];
  });
}

/** The mounts of the store at `root` at one place, the topmost last. */
export async function storeMountsAt(target: string, root: string): Promise<readonly StoreMount[]> {
  return (await readStoreMounts(root)).filter((mount) => mount.target === target);
}

/** The short links of layers, from the top down: one string in mount(8)'s options, an option each in the kernel's. */
export function layersIn(options: readonly string[]): string {
  return options
    .filter((option) => option.startsWith("lowerdir"))
    .flatMap((option) => option.match(/\/l\/[A-Z2-7]{26}/g) ?? [])
    .join();
}

function overlayOf({ superOptions }: MountEntry, root: string): string | undefined {
  const ofStore = new RegExp(`^lowerdir.*${RegExp.escape(root)}/${storage}/overlay/`);
  return superOptions.some((option) => ofStore.test(option)) ? layersIn(superOptions) : undefined;
}

/** A bind mount tells of a directory as its file system has it; that file system is mounted where the store is, too. */
function boundOf(
  entry: MountEntry,
  { mounts, root }: { readonly mounts: readonly MountEntry[]; readonly root: string },
): string | undefined {
  if (!layerDirectory.test(entry.root)) return undefined;
  const ofStore = new RegExp(`^${RegExp.escape(root)}/${storage}/native/[^/]+/diff$`);
  return mounts
    .filter(({ device, root: above }) => device === entry.device && isBelow(entry.root, above))
    .map(({ root: above, target }) => join(target, entry.root.slice(above === "/" ? 0 : above.length)))
    .find((path) => ofStore.test(path));
}

function isBelow(path: string, above: string): boolean {
  return above === "/" || path.startsWith(`${above}/`);
}

const layerDirectory = /\/native\/[^/]+\/diff$/;

/** The default snapshotter's, or that of one by its name. */
const storage = "storage(?:-[a-z]+)?";
