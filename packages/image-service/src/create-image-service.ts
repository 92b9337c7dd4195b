import { type AbortOptions, type ErrorCode, isStowageError, StowageError } from "@stowage/errors";
import { blobResource, diffIdsOf, type Image, layerResource, type Resource, resourcesOf } from "@stowage/images";
import { algorithmOf, chainIds, collectBytes, digestOf, maxConfigBytes } from "@stowage/oci";
import { formatReference, parseReference, type Reference } from "@stowage/reference";
import { SharedWork } from "@stowage/shared-work";
import type { Mount, Usage } from "@stowage/snapshots";
import { type CheckOptions, type CheckReport, check } from "./check.ts";
import { type CollectOptions, collectImage, collectUnheld, dropBlobs } from "./collect.ts";
import { accountFor, type DiskAccount } from "./disk-account.ts";
import { findImage } from "./find-image.ts";
import { Holdings } from "./holdings.ts";
import type {
  ImageService,
  ImageServiceDependencies,
  ImageServiceSettings,
  ListOptions,
  RemoveImageOptions,
  Repair,
  ViewOptions,
} from "./image-service.ts";
import { Limiter } from "./limiter.ts";
import type { PullOptions } from "./pull-event.ts";
import { type PullDependencies, pullImage } from "./pull-image.ts";
import { isReady, requireReady } from "./ready.ts";
import { Roots } from "./roots.ts";
import { UnderWay } from "./under-way.ts";
import { UsageLedger } from "./usage-ledger.ts";

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
      roots: new Roots({
        images,
        holdings,
        boot: settings.boot,
        onFreed: (freed) => this.#collectAside(freed),
        onFailure: this.#tell,
      }),
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

  release(holder: string, options: AbortOptions = {}): Promise<void> {
    return this.#underWay.run(options.signal, async (signal) => {
      await this.#collectFreed(await this.#dependencies.roots.end([holder], { signal }), signal);
    });
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
    const { images, holdings } = this.#dependencies;
    const isHeld = (part: Resource): boolean => holdings.isHeld(part);
    const { bytes, inodes } = this.#ledger.add(await images.list(options), this.#removed, isHeld);
    return { bytes: bytes + this.#unheld.bytes, inodes: inodes + this.#unheld.inodes };
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
  #collectAside(freed: readonly Resource[]): void {
    this.#underWay.run(undefined, (signal) => this.#collectFreed(freed, signal)).catch(this.#tell);
  }

  async #collectFreed(freed: readonly Resource[], signal: AbortSignal): Promise<void> {
    if (freed.length === 0) return;
    await dropBlobs(this.#dependencies, freed);
    await this.#collect({ signal, retention: this.#settings.retention });
  }

  /** What nobody waits for. */
  readonly #tell = (error: unknown): void => {
    if (!this.#underWay.hasEnded) this.#settings.onFailure?.(error);
  };
}
