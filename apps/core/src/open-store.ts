import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings, type Settings } from "@stowage/config";
import type { Containers } from "@stowage/containers";
import { openContentStore } from "@stowage/content-fs";
import { type AbortOptions, asStorageError, StowageError } from "@stowage/errors";
import {
  type CheckReport,
  createImageService,
  type ImageService,
  type ImageServiceDependencies,
  type ImageServiceSettings,
} from "@stowage/image-service";
import { openImageIndex, type SqliteImageIndex } from "@stowage/images-sqlite";
import { bootId, bootSeconds, lockFile, makeDirectory } from "@stowage/linux";
import type { Snapshotter, Usage, WritableSnapshots } from "@stowage/snapshots";
import { openSnapshotter, type SnapshotterOptions } from "@stowage/snapshots-fs";
import { createUnpacker, type UnpackLimits } from "@stowage/unpack";
import { type NamedSnapshots, openDisk } from "./disk.ts";
import { nodePlatform } from "./node-platform.ts";
import { openContainers } from "./open-containers.ts";
import { openPolicies } from "./open-policies.ts";
import { findConsumers, openReaders } from "./open-readers.ts";
import { openNamespaceCredentials, openNodeNames, openRegistry } from "./open-registry.ts";
import { handlersOf, type TunableSettings, tuningOf } from "./service-settings.ts";
import { defaultPlace, otherPlaces, type SnapshotterPlace } from "./snapshotter-places.ts";
import { WritableUsage } from "./writable-usage.ts";

/** An open store. Disposing it stops what is under way, waits for its end on the disk, and gives the lock back last. */
export interface Store extends AsyncDisposable {
  readonly images: ImageService;
  readonly containers: Containers;
  /** The trees that containers write into. */
  readonly writable: WritableSnapshots;
  /** Where it is, without links on the way. */
  readonly root: string;
  /** A directory on the file system that the images are on. */
  readonly imageRoot: string;
  /** What containers write, where that is on a file system of its own. */
  readonly containerFileSystem: ContainerFileSystem | undefined;
  /**
   * Whether the machine went down while the store was open: what images need was looked for when it was opened, and is yet to be
   * read.
   */
  readonly isSuspect: boolean;
  /** Takes over what can be set otherwise while it is open. */
  tune(settings: TunableSettings): void;
  /** Reads what images need, no faster than that; after it, the store is no longer suspect. */
  scrub(options: AbortOptions & { readonly bytesPerSecond: number }): Promise<CheckReport>;
}

export interface ContainerFileSystem {
  /** A directory on it. */
  readonly root: string;
  usage(options?: AbortOptions): Promise<Usage>;
}

/** As the settings have them; what is left out is as by default. */
export interface StoreSettings
  extends Partial<
    Pick<
      Settings,
      | "durability"
      | "snapshotter"
      | "runRoot"
      | "writableRoot"
      | "content"
      | "additionalStore"
      | "policy"
      | "pull"
      | "limits"
      | "runtimes"
      | "pinned"
      | "sandboxImage"
    >
  > {
  readonly root: string;
  readonly registry?: Partial<Settings["registry"]> | undefined;
  /** Told of what fails in the background. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * Opens the store under `root`, made where it is missing, for this process alone: the one place where adapters are
 * chosen. Fails with `failed-precondition`, naming the holder, while another process has it.
 */
export async function openStore(given: StoreSettings): Promise<Store> {
  await using opening = new AsyncDisposableStack();
  const root = await makeRoot(given.root);
  opening.use(lockStore(root));
  const settings = { ...defaultSettings, ...given, registry: { ...defaultSettings.registry, ...given.registry } };
  const imageRoot = join(root, "storage");
  const { index, ...adapters } = await openAdapters(root, settings, opening);
  const images = opening.use(createImageService({ ...adapters, images: index }, serviceSettings(settings)));
  const containerFileSystem = openContainerFileSystem(settings.writableRoot, adapters.snapshots.writable, opening);
  const containers = await openContainers({ ...adapters, images, index, root }, settings, opening);
  if (index.isSuspect) await lookAround(images, given.onFailure);
  const open = opening.move();
  return {
    images,
    containers,
    writable: adapters.snapshots.writable,
    tune: (tunable) => images.tune(tuningOf(tunable)),
    root,
    imageRoot,
    containerFileSystem,
    get isSuspect() {
      return index.isSuspect;
    },
    scrub: async (options) => {
      const report = await images.check({ level: "digests", ...options });
      index.noteChecked();
      return report;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function openContainerFileSystem(
  root: string | undefined,
  writable: WritableSnapshots,
  opening: AsyncDisposableStack,
): ContainerFileSystem | undefined {
  if (root === undefined) return undefined;
  const measured = opening.use(new WritableUsage(writable));
  return { root, usage: (options) => measured.get(options) };
}

/** After a power cut: what images need is looked for, and what none needs is not believed to be whole, but removed. */
async function lookAround(images: ImageService, onFailure: StoreSettings["onFailure"]): Promise<void> {
  try {
    await images.check({ level: "sizes" });
    await images.collect();
  } catch (error) {
    if (!(error instanceof StowageError)) throw error;
    onFailure?.(error); // on a disk that takes no writes, what is there can still be asked about
  }
}

type OpenSettings = Settings & Pick<StoreSettings, "onFailure">;

interface Adapters extends Omit<ImageServiceDependencies, "images"> {
  readonly snapshots: Snapshotter;
  readonly index: SqliteImageIndex;
}

async function openAdapters(root: string, settings: OpenSettings, opening: AsyncDisposableStack): Promise<Adapters> {
  const { durability, snapshotter: driver, writableRoot: writables } = settings;
  const content = opening.use(await openContentStore(join(root, "content"), { durability }));
  const openLayers = async ({ storage, ...place }: SnapshotterPlace & LayerOptions) =>
    opening.use(await openSnapshotter(join(root, storage), { ...place, trash: join(root, place.trash), durability }));
  const consumers = findConsumers(settings);
  const keepsTarSplit = settings.additionalStore.publish;
  const shared = { keepsTarSplit, usedElsewhere: consumers && (() => consumers.usedLayers()) };
  const snapshots = await openLayers({ ...defaultPlace, driver, writables, ...shared });
  const otherSnapshots = new Map<string, Snapshotter>();
  const storages = new Map<string, NamedSnapshots>([[defaultPlace.storage, { snapshots }]]);
  for (const place of otherPlaces(root, settings)) {
    const other = await openLayers(place);
    otherSnapshots.set(place.driver, other);
    storages.set(place.storage, { name: place.driver, snapshots: other });
  }
  const index = opening.use(openImageIndex(join(root, "stowage.db"), { boot: bootId(), durability }));
  const registry = opening.use(openRegistry(settings.registry));
  const namespacedKeychains = await openNamespaceCredentials(settings.registry);
  const unpacker = opening.use(
    createUnpacker({ limits: unpackLimitsOf(settings.limits), cgroup: settings.pull.cgroup }),
  );
  const admission = openPolicies(settings.policy);
  const disk = openDisk(root, storages);
  const readers = openReaders(root, settings, { consumers, snapshots });
  return {
    content,
    snapshots,
    otherSnapshots,
    index,
    registry,
    names: openNodeNames(settings.registry),
    namespacedKeychains,
    admission,
    unpacker,
    disk,
    readers,
  };
}

type LayerOptions = Pick<SnapshotterOptions, "writables" | "keepsTarSplit" | "usedElsewhere">;

function unpackLimitsOf(limits: Settings["limits"]): Partial<UnpackLimits> {
  const { layerBytes: bytes, layerEntries: entries, pathDepth: depth, expansion, headerBytes } = limits;
  return { bytes, entries, depth, expansion, headerBytes };
}

function serviceSettings(settings: OpenSettings): ImageServiceSettings {
  return {
    platform: nodePlatform(),
    boot: { id: bootId(), seconds: bootSeconds },
    handlers: handlersOf(settings),
    foreignUrls: settings.registry.foreignUrls,
    maxBlobBytes: settings.limits.layerBytes,
    tuning: tuningOf(settings),
    onFailure: settings.onFailure,
  };
}

function lockStore(root: string): Disposable {
  try {
    return lockFile(join(root, "lock"));
  } catch (error) {
    throw asStorageError(error, `open the store "${root}"`);
  }
}

/** The root as the kernel knows it, so that one store has one name. */
async function makeRoot(root: string): Promise<string> {
  if (!root.startsWith("/"))
    throw new StowageError("invalid-argument", `Cannot open the store "${root}": expected an absolute path`);
  try {
    await makeDirectory(root);
    return await realpath(root);
  } catch (error) {
    throw asStorageError(error, `open the store "${root}"`);
  }
}
