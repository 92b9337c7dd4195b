import type { ContentStore } from "@stowage/content";
import { type AbortOptions, type ErrorCode, isStowageError, StowageError } from "@stowage/errors";
import { blobResource, diffIdsOf, type Image, type ImageIndex, layerResource, resourcesOf } from "@stowage/images";
import { algorithmOf, chainIds, collectBytes, digestOf, maxConfigBytes, type Platform } from "@stowage/oci";
import { formatReference, parseReference, type Reference } from "@stowage/reference";
import type { Registry } from "@stowage/registry";
import { SharedWork } from "@stowage/shared-work";
import type { Mount, Snapshotter, Unpacker, Usage } from "@stowage/snapshots";
import { type CheckOptions, type CheckReport, check } from "./check.ts";
import { type CollectOptions, collectImage, collectUnheld } from "./collect.ts";
import { accountFor, type Disk, type DiskAccount } from "./disk-account.ts";
import { findImage } from "./find-image.ts";
import { Holdings } from "./holdings.ts";
import { Limiter } from "./limiter.ts";
import type { PullOptions } from "./pull-event.ts";
import { type PullDependencies, pullImage } from "./pull-image.ts";
import { isReady, requireReady } from "./ready.ts";
import type { Retention } from "./retention.ts";
import { type Boot, Roots } from "./roots.ts";
import { UnderWay } from "./under-way.ts";
import { UsageLedger } from "./usage-ledger.ts";

/**
 * The images of this machine. An image is pulled, then it is listed and can be asked about and mounted, until it is
 * removed; in between it is READY: its documents and all its layers are here, verified. One that loses something is not READY
 * and not listed until it is pulled again, which brings just that.
 */
export interface ImageService {
  /** Brings an image here. Callers who want the same layers at once share the work, each with its own authority. */
  pull(reference: Reference, options?: PullOptions): Promise<Image>;

  /** Every image that is READY, oldest first; where it is asked for, the damaged ones too. */
  list(options?: ListOptions): Promise<readonly Image[]>;

  /**
   * The image that `name` means, READY or damaged: an id, the beginning of one, a tag or a digest name. `undefined` where there
   * is none.
   */
  find(name: string, options?: AbortOptions): Promise<Image | undefined>;

  /**
   * Takes the image that `name` means away, with all its names. Its disk is given back but for what another image, a mount or a
   * lease holds. `undefined` where there is none.
   */
  remove(name: string, options?: RemoveImageOptions): Promise<Image | undefined>;

  /** The mounts that show the image's root file system, read-only. Fails with `data-loss` where it is damaged. */
  view(image: Image, options?: ViewOptions): Promise<readonly Mount[]>;

  /** Ends what `view` held for somebody; nothing is fine. */
  release(holder: string, options?: AbortOptions): Promise<void>;

  /** The bytes of the image's config, as they came. Fails with `data-loss` where they are not any more. */
  readConfig(image: Image, options?: AbortOptions): Promise<Uint8Array>;

  /** Disk that everything takes together, what images share counted once. */
  usage(options?: AbortOptions): Promise<Usage>;

  /** Gives back the disk of what nobody holds and the retention does not keep. */
  collect(options?: AbortOptions): Promise<void>;

  /** Looks whether everything that images need is here and what it was. */
  check(options: CheckOptions): Promise<CheckReport>;

  /** What takes how much of the disk, to the last byte and inode. Everything is walked. */
  account(options?: AbortOptions): Promise<DiskAccount>;

  /** Pulls damaged images again, each by its own digest name: what they lost is brought, and nothing else. */
  repair(options?: PullOptions): Promise<readonly Repair[]>;
}

export interface ListOptions extends AbortOptions {
  readonly damagedToo?: boolean | undefined;
}

export interface RemoveImageOptions extends AbortOptions {
  /** Give the disk back at once, although it was pulled only minutes ago: somebody knows what they do. */
  readonly endLease?: boolean | undefined;
}

export interface ViewOptions extends AbortOptions {
  /** For whom the layers are held, until `release` or the end of this boot, also where the image is removed. */
  readonly holder?: string | undefined;
}

/** What became of a damaged image. */
export interface Repair {
  readonly image: Image;
  /** Why it is still damaged. */
  readonly failure?: string | undefined;
}

export interface ImageServiceDependencies {
  readonly registry: Registry;
  readonly content: ContentStore;
  readonly snapshots: Snapshotter;
  readonly unpacker: Unpacker;
  readonly images: ImageIndex;
  readonly disk: Disk;
}

export interface ImageServiceSettings {
  /** This machine's, for which images are chosen. */
  readonly platform: Platform;
  /** The boot that this process runs in. */
  readonly boot: Boot;
  /** How many layers, of all pulls together, are fetched and unpacked at once; 3 where it is not given. */
  readonly concurrentLayers?: number | undefined;
  /** Whether layers that their registry does not have may be fetched from the `urls` of their descriptors; by default not. */
  readonly foreignUrls?: boolean | undefined;
  /** What is kept that no image needs. */
  readonly retention: Retention;
  /** For how long a finished pull holds what it brought. */
  readonly leaseSeconds: number;
  /** Told of what fails in the background. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

const defaultConcurrentLayers = 3;

/** Disposing the service stops the pulls that are under way, and waits until they have left the disk. */
export function createImageService(
  dependencies: ImageServiceDependencies,
  settings: ImageServiceSettings,
): ImageService & AsyncDisposable {
  return new PullingImageService(dependencies, settings);
}

/** Failures that another caller, with its own authority, need not have. */
function isAboutCaller(error: unknown): boolean {
  const codes: readonly ErrorCode[] = ["unauthenticated", "permission-denied", "not-found"];
  return error instanceof StowageError && codes.includes(error.code);
}

class PullingImageService implements ImageService, AsyncDisposable {
  readonly #dependencies: PullDependencies & Pick<ImageServiceDependencies, "disk">;
  readonly #settings: ImageServiceSettings;
  readonly #underWay = new UnderWay();
  readonly #ledger = new UsageLedger();
  /** What the last collection left that no image has. */
  #unheld: Usage = { bytes: 0, inodes: 0 };
  /** Images that were removed since, and what they had may still be held. */
  readonly #removed = new Set<Image>();

  constructor(dependencies: ImageServiceDependencies, settings: ImageServiceSettings) {
    const holdings = new Holdings();
    const { images } = dependencies;
    this.#settings = settings;
    this.#dependencies = {
      ...dependencies,
      platform: settings.platform,
      limiter: new Limiter(settings.concurrentLayers ?? defaultConcurrentLayers),
      foreignUrls: settings.foreignUrls ?? false,
      keepsLayers: settings.retention.layers !== "none",
      leaseSeconds: settings.leaseSeconds,
      holdings,
      roots: new Roots({ images, holdings, boot: settings.boot, onFreed: () => this.#collectAside() }),
      fetches: new SharedWork(isAboutCaller),
      stages: new SharedWork(isAboutCaller),
    };
  }

  pull(reference: Reference, options: PullOptions = {}): Promise<Image> {
    return this.#underWay.run(options.signal, async (signal) => {
      try {
        return await pullImage(this.#dependencies, reference, { ...options, signal });
      } catch (error) {
        if (isStowageError(error, "resource-exhausted")) await this.#giveBack(signal).catch(this.#tell);
        throw error;
      }
    });
  }

  async list({ signal, damagedToo = false }: ListOptions = {}): Promise<readonly Image[]> {
    const images = await this.#dependencies.images.list({ signal });
    return damagedToo ? images : images.filter(isReady);
  }

  async find(name: string, { signal }: AbortOptions = {}): Promise<Image | undefined> {
    signal?.throwIfAborted();
    return findImage(this.#dependencies.images, name);
  }

  remove(name: string, { endLease = false, ...options }: RemoveImageOptions = {}): Promise<Image | undefined> {
    return this.#underWay.run(options.signal, async (signal) => {
      const image = await this.find(name, { signal });
      if (image === undefined) return undefined;
      const removed = await this.#dependencies.roots.remove(image.id, { signal, endLease });
      if (removed === undefined) return undefined;
      await collectImage(this.#dependencies, removed);
      if (resourcesOf(removed).some((resource) => this.#dependencies.holdings.isHeld(resource)))
        this.#removed.add(removed);
      return removed;
    });
  }

  async view(image: Image, { holder, signal }: ViewOptions = {}): Promise<readonly Mount[]> {
    const chain = diffIdsOf(image);
    if (chain.length === 0)
      throw new StowageError("failed-precondition", `Cannot mount image ${image.id}: it has no layers`);
    requireReady(image, "mount");
    const { roots, snapshots } = this.#dependencies;
    if (holder !== undefined) await roots.lease(holder, chainIds(chain).map(layerResource), { signal });
    try {
      return await snapshots.view(chain, { signal });
    } catch (error) {
      if (holder !== undefined) await roots.end([holder]);
      throw error;
    }
  }

  async release(holder: string, options: AbortOptions = {}): Promise<void> {
    if (await this.#dependencies.roots.end([holder], options)) await this.collect(options);
  }

  async readConfig(image: Image, options: AbortOptions = {}): Promise<Uint8Array> {
    const { content, images } = this.#dependencies;
    const { digest, size } = image.config;
    const found = await content.find(digest, options);
    const bytes = found?.size === size ? await collectBytes(content.read(digest, options), maxConfigBytes) : undefined;
    if (bytes !== undefined && digestOf(bytes, algorithmOf(digest)) === digest) return bytes;
    const why = found === undefined ? "is missing" : "is other bytes than its name says";
    await images.reportDamage([{ resource: blobResource(digest), why }]);
    throw new StowageError("data-loss", `Cannot read the config of image ${image.id}: it ${why}; pull it again`);
  }

  async usage(options: AbortOptions = {}): Promise<Usage> {
    const images = this.#ledger.add([...(await this.#dependencies.images.list(options)), ...this.#removed]);
    return { bytes: images.bytes + this.#unheld.bytes, inodes: images.inodes + this.#unheld.inodes };
  }

  collect(options: AbortOptions = {}): Promise<void> {
    return this.#underWay.run(options.signal, async (signal) => {
      await this.#collect({ signal, retention: this.#settings.retention });
    });
  }

  check(options: CheckOptions): Promise<CheckReport> {
    return this.#underWay.run(options.signal, (signal) => check(this.#dependencies, { ...options, signal }));
  }

  account(options: AbortOptions = {}): Promise<DiskAccount> {
    return this.#underWay.run(options.signal, async (signal) => {
      const { disk, images } = this.#dependencies;
      return accountFor(disk, await images.list({ signal }), { signal });
    });
  }

  async repair(options: PullOptions = {}): Promise<readonly Repair[]> {
    const repairs: Repair[] = [];
    for (const image of (await this.list({ damagedToo: true })).filter((each) => !isReady(each))) {
      options.signal?.throwIfAborted();
      repairs.push(await this.#repair(image, options));
    }
    return repairs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#dependencies.roots[Symbol.dispose]();
    await this.#underWay[Symbol.asyncDispose]();
  }

  async #repair(image: Image, options: PullOptions): Promise<Repair> {
    const [name = image.tags[0]] = image.digests;
    try {
      if (name === undefined)
        throw new StowageError("failed-precondition", `Cannot repair image ${image.id}: it has no name to pull it by`);
      const mended = await this.pull(parseReference(name), { platform: image.platform, ...options });
      if (mended.id === image.id) return { image: mended };
      const why = `"${formatReference(parseReference(name))}" is another image now, ${mended.id}`;
      throw new StowageError("failed-precondition", `Cannot repair image ${image.id}: ${why}`);
    } catch (error) {
      options.signal?.throwIfAborted();
      return { image, failure: error instanceof Error ? error.message : "it failed" };
    }
  }

  /** On a full disk nothing is kept that is not needed. */
  async #giveBack(signal: AbortSignal): Promise<void> {
    await this.#collect({ signal, retention: { layers: "budget", bytes: 0, seconds: 0 } });
  }

  async #collect(options: CollectOptions): Promise<void> {
    const before = [...this.#removed];
    this.#unheld = await collectUnheld(this.#dependencies, options);
    for (const image of before) this.#removed.delete(image); // what is left of them is in the sum
  }

  /** For leases that have ended, behind nobody's call. */
  #collectAside(): void {
    this.collect().catch(this.#tell);
  }

  /** What nobody waits for. */
  readonly #tell = (error: unknown): void => {
    if (!this.#underWay.hasEnded) this.#settings.onFailure?.(error);
  };
}
