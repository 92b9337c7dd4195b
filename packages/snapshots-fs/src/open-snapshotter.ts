import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import { type Durability, makeDirectory, openFlusher } from "@stowage/linux";
import type { Snapshotter } from "@stowage/snapshots";
import type { LayerDriver } from "./layer-driver.ts";
import { layerNamePattern } from "./layer-record.ts";
import { LayerSnapshotter } from "./layer-snapshotter.ts";
import { makeLockFiles, nativeLayout, overlayLayout } from "./layout.ts";
import { nativeDriver } from "./native-driver.ts";
import { overlayDriver } from "./overlay-driver.ts";
import { probeOverlay } from "./probe-overlay.ts";
import { Trash } from "./trash.ts";
import { openWritableArea } from "./writable-area.ts";
import { notePlace } from "./writable-place.ts";

export interface SnapshotterOptions {
  /** How layers are kept: stacked by overlayfs (`overlay`, the default), or each as a whole copy (`native`). */
  readonly driver?: DriverName | undefined;
  /** Where removed trees wait for their end; on the same file system as the root. */
  readonly trash: string;
  /** Where writable snapshots are, if not beside the layers: a directory on whatever file system, for this snapshotter alone. */
  readonly writables?: string | undefined;
  /** Whether what puts the plain tars together again is kept, for other readers; not by `native`. */
  readonly keepsTarSplit?: boolean | undefined;
  /** Asked which layers other programs stand on, by the names of their directories, or whether that cannot be told. */
  readonly usedElsewhere?: (() => Promise<ReadonlySet<string> | "all">) | undefined;
  /** Whether a committed layer survives a power cut (`full`, the default) or what the kernel had time for (`relaxed`). */
  readonly durability?: Durability | undefined;
}

export type DriverName = "overlay" | "native";

/**
 * Opens the layers under `root`, made where it is missing. The caller holds the lock on it; what an earlier process left
 * half-made goes to the trash. Fails with `failed-precondition` where the driver does not work, or another one has layers there.
 */
export async function openSnapshotter(
  root: string,
  options: SnapshotterOptions,
): Promise<Snapshotter & AsyncDisposable> {
  try {
    return await openLayers(await openDriver(root, options), options, root);
  } catch (error) {
    throw asStorageError(error, `open the snapshots under "${root}"`);
  }
}

async function openDriver(
  root: string,
  { driver: name = "overlay", keepsTarSplit = false }: SnapshotterOptions,
): Promise<LayerDriver> {
  const layouts = { overlay: overlayLayout(root), native: nativeLayout(root) };
  const other = name === "overlay" ? "native" : "overlay";
  if (await hasLayers(layouts[other].home)) {
    const why = `its layers are kept by the snapshotter "${other}"; remove the images first`;
    throw new StowageError("failed-precondition", `Cannot open the snapshots under "${root}" as "${name}": ${why}`);
  }
  if (name === "native") return nativeDriver(layouts.native);
  await makeDirectory(layouts.overlay.staging);
  const probe = await probeOverlay(layouts.overlay.staging);
  if (probe.kind !== "unusable") return overlayDriver(layouts.overlay, { features: probe.features, keepsTarSplit });
  const why = `overlayfs does not work there: ${probe.why}; snapshotter = "native" does without it`;
  throw new StowageError("failed-precondition", `Cannot open the snapshots under "${root}": ${why}`, {
    cause: probe.cause,
  });
}

/** Names are in one home only: two would take the disk twice, and tell of layers that the other has as if they were lost. */
async function hasLayers(home: string): Promise<boolean> {
  try {
    return (await readdir(home)).some((name) => layerNamePattern.test(name));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

async function openLayers(
  driver: LayerDriver,
  { trash: trashPath, durability = "full", writables: areaPath, usedElsewhere = nobody }: SnapshotterOptions,
  root: string,
): Promise<LayerSnapshotter> {
  await using opening = new AsyncDisposableStack();
  const { home, staging, writables } = driver.layout;
  for (const directory of [home, writables, ...driver.linkDirectories]) await makeDirectory(directory);
  const files = opening.use(openFlusher(home, { scope: "file-system", durability }));
  const openNames = (directory: string) => opening.use(openFlusher(directory, { scope: "names", durability }));
  const names = openNames(home);
  const flushOne = async (path: string): Promise<void> => {
    using one = openFlusher(path, { scope: "names", durability });
    await one.flush();
  };
  const links = driver.linkDirectories.map(openNames);
  const writableNames = openNames(writables);
  const flushNames = async (): Promise<void> => void (await Promise.all([names.flush(), writableNames.flush()]));
  const isInUse = (layerId: string, path: string): boolean => driver.isMounted(layerId, path);
  const trash = opening.use(await Trash.open(trashPath, { flush: flushNames, isInUse }));
  await makeDirectory(staging); // it stays: a full disk has no room for another
  for (const name of await readdir(staging)) await trash.put(join(staging, name));
  await makeLockFiles(root);
  await notePlace(root, writables, areaPath);
  await files.flush(); // the directories, up to the root
  const beside = { directory: writables, staging, trash, files, names: writableNames };
  const area = areaPath === undefined ? beside : await openWritableArea(areaPath, durability, opening);
  return new LayerSnapshotter({
    driver,
    trash,
    files,
    names: [...links, names],
    area,
    usedElsewhere,
    flushOne,
    open: opening.move(),
  });
}

async function nobody(): Promise<ReadonlySet<string>> {
  return new Set();
}
