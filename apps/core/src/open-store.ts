import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings, type Settings } from "@stowage/config";
import { openContentStore } from "@stowage/content-fs";
import { asStorageError, StowageError } from "@stowage/errors";
import { createImageService, type ImageService } from "@stowage/image-service";
import { openImageIndex } from "@stowage/images-sqlite";
import { lockFile } from "@stowage/linux";
import { openSnapshotter } from "@stowage/snapshots-overlay";
import { createUnpacker } from "@stowage/unpack";
import { nodePlatform } from "./node-platform.ts";
import { openRegistry } from "./open-registry.ts";

/** An open store. Disposing it stops what is under way, waits for its end on the disk, and gives the lock back last. */
export interface Store extends AsyncDisposable {
  readonly images: ImageService;
  /** Where it is, without links on the way. */
  readonly root: string;
  /** A directory on the file system that the images are on. */
  readonly imageRoot: string;
}

/** As the settings have them; what is left out is as by default. */
export interface StoreSettings {
  readonly root: string;
  readonly registry?: Partial<Settings["registry"]> | undefined;
  readonly pull?: Settings["pull"] | undefined;
}

/**
 * Opens the store under `root`, made where it is missing, for this process alone: the one place where adapters are
 * chosen. Fails with `failed-precondition`, naming the holder, while another process has it.
 */
export async function openStore({
  root: given,
  registry: some,
  pull = defaultSettings.pull,
}: StoreSettings): Promise<Store> {
  await using opening = new AsyncDisposableStack();
  const root = await makeRoot(given);
  opening.use(lockStore(root));
  const imageRoot = join(root, "storage");
  const content = await openContentStore(join(root, "content"));
  const snapshots = opening.use(await openSnapshotter(imageRoot, { trash: join(root, "trash") }));
  const images = opening.use(openImageIndex(join(root, "stowage.db")));
  const registrySettings = { ...defaultSettings.registry, ...some };
  const registry = opening.use(openRegistry(registrySettings));
  const service = opening.use(
    createImageService(
      { registry, content, snapshots, images, unpacker: createUnpacker() },
      { platform: nodePlatform(), foreignUrls: registrySettings.foreignUrls, ...pull },
    ),
  );
  const open = opening.move();
  return { images: service, root, imageRoot, [Symbol.asyncDispose]: () => open.disposeAsync() };
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
    await mkdir(root, { recursive: true, mode: 0o700 });
    return await realpath(root);
  } catch (error) {
    throw asStorageError(error, `open the store "${root}"`);
  }
}
