import type { ContentStore } from "@stowage/content";
import { type AbortOptions, type ErrorCode, StowageError } from "@stowage/errors";
import { diffIdsOf, type Image, type ImageIndex } from "@stowage/images";
import { collectBytes, maxConfigBytes, type Platform } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { Registry } from "@stowage/registry";
import { SharedWork } from "@stowage/shared-work";
import type { Mount, Snapshotter, Unpacker, Usage } from "@stowage/snapshots";
import { collectImage, collectOrphans } from "./collect.ts";
import { findImage } from "./find-image.ts";
import { Leases } from "./leases.ts";
import { Limiter } from "./limiter.ts";
import type { PullOptions } from "./pull-event.ts";
import { type PullDependencies, pullImage } from "./pull-image.ts";
import { UnderWay } from "./under-way.ts";
import { UsageLedger } from "./usage-ledger.ts";

/**
 * The images of this machine. An image is pulled, then it is listed and can be asked about and mounted, until it is
 * removed; in between it is READY: its documents and all its layers are here, verified.
 */
export interface ImageService {
  /** Brings an image here. Callers who want the same layers at once share the work, each with its own authority. */
  pull(reference: Reference, options?: PullOptions): Promise<Image>;

  /** Every image, oldest first. */
  list(options?: AbortOptions): Promise<readonly Image[]>;

  /** The image that `name` means: an id, the beginning of one, a tag or a digest name. `undefined` where there is none. */
  find(name: string, options?: AbortOptions): Promise<Image | undefined>;

  /** Takes the image that `name` means away, with all its names, and gives its disk back. `undefined` where there is none. */
  remove(name: string, options?: AbortOptions): Promise<Image | undefined>;

  /** The mounts that show the image's root file system, read-only. */
  view(image: Image, options?: AbortOptions): Promise<readonly Mount[]>;

  /** The bytes of the image's config, as they came. */
  readConfig(image: Image, options?: AbortOptions): Promise<Uint8Array>;

  /** Disk that all images take together, what they share counted once. */
  usage(options?: AbortOptions): Promise<Usage>;

  /** Gives back the disk of what a crash or a failed pull left and no retry came for. */
  collect(options?: AbortOptions): Promise<void>;
}

export interface ImageServiceDependencies {
  readonly registry: Registry;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly unpacker: Unpacker;
  readonly images: ImageIndex;
}

export interface ImageServiceSettings {
  /** This machine's, for which images are chosen. */
  readonly platform: Platform;
  /** How many layers, of all pulls together, are fetched and unpacked at once; 3 where it is not given. */
  readonly concurrentLayers?: number | undefined;
  /** Whether layers that their registry does not have may be fetched from the `urls` of their descriptors; by default not. */
  readonly foreignUrls?: boolean | undefined;
}

const defaultConcurrentLayers = 3;

/** Disposing the service stops the pulls that are under way, and waits until they have left the disk. */
export function createImageService(
  dependencies: ImageServiceDependencies,
  settings: ImageServiceSettings,
): ImageService & AsyncDisposable {
  return new PullingImageService({
    ...dependencies,
    platform: settings.platform,
    limiter: new Limiter(settings.concurrentLayers ?? defaultConcurrentLayers),
    foreignUrls: settings.foreignUrls ?? false,
    leases: new Leases(),
    fetches: new SharedWork(isAboutCaller),
    stages: new SharedWork(isAboutCaller),
  });
}

/** Failures that another caller, with its own authority, need not have. */
function isAboutCaller(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ["unauthenticated", "permission-denied", "not-found"];
  return error instanceof StowageError && codes.includes(error.code);
}

class PullingImageService implements ImageService, AsyncDisposable {
  readonly #dependencies: PullDependencies;
  readonly #underWay = new UnderWay();
  readonly #ledger = new UsageLedger();

  constructor(dependencies: PullDependencies) {
    this.#dependencies = dependencies;
  }

  pull(reference: Reference, options: PullOptions = {}): Promise<Image> {
    return this.#underWay.run(options.signal, (signal) =>
      pullImage(this.#dependencies, reference, { ...options, signal }),
    );
  }

  list(options: AbortOptions = {}): Promise<readonly Image[]> {
    return this.#dependencies.images.list(options);
  }

  async find(name: string, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    return findImage(this.#dependencies.images, name);
  }

  async remove(name: string, options: AbortOptions = {}): Promise<Image | undefined> {
    return this.#underWay.run(options.signal, async (signal) => {
      const image = await this.find(name, { signal });
      const removed = image === undefined ? undefined : await this.#dependencies.images.remove(image.id, { signal });
      if (removed !== undefined) await collectImage(this.#dependencies, removed);
      return removed;
    });
  }

  async view(image: Image, options: AbortOptions = {}): Promise<readonly Mount[]> {
    if (image.layers.length === 0)
      throw new StowageError("failed-precondition", `Cannot mount image ${image.id}: it has no layers`);
    return this.#dependencies.snapshots.view(diffIdsOf(image), options);
  }

  async readConfig(image: Image, options: AbortOptions = {}): Promise<Uint8Array> {
    return collectBytes(this.#dependencies.content.read(image.config.digest, options), maxConfigBytes);
  }

  async usage(options: AbortOptions = {}): Promise<Usage> {
    return this.#ledger.add(await this.list(options));
  }

  collect(options: AbortOptions = {}): Promise<void> {
    return this.#underWay.run(options.signal, (signal) => collectOrphans(this.#dependencies, { signal }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#underWay[Symbol.asyncDispose]();
  }
}
