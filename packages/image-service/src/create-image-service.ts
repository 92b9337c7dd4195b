import { type AbortOptions, type ErrorCode, isStowageError, StowageError } from "@stowage/errors";
import { blobResource, diffIdsOf, type Image, imageKeyOf, layersOf, type Resource, resourcesOf } from "@stowage/images";
import { algorithmOf, collectBytes, digestOf, maxConfigBytes } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import { SharedWork } from "@stowage/shared-work";
import type { Mount, Usage } from "@stowage/snapshots";
import { Broadcast } from "./broadcast.ts";
import { type CheckOptions, type CheckReport, check } from "./check.ts";
import { type CollectOptions, collectImage, collectUnheld, dropBlobs } from "./collect.ts";
import { accountFor, type DiskAccount } from "./disk-account.ts";
import { findImages } from "./find-image.ts";
import { type Handlers, requireHandler, Snapshotters } from "./handlers.ts";
import { Holdings } from "./holdings.ts";
import { type ImageEvent, tellingPull } from "./image-event.ts";
import type {
  HandlerOptions,
  ImageService,
  ImageServiceDependencies,
  ImageServiceSettings,
  ListOptions,
  RemoveImageOptions,
  Repair,
  Tuning,
  ViewOptions,
} from "./image-service.ts";
import { Limiter } from "./limiter.ts";
import { Pins } from "./pins.ts";
import type { PullOptions } from "./pull-event.ts";
import { type PullDependencies, pullImage } from "./pull-image.ts";
import { isReady, requireReady } from "./ready.ts";
import { repairImage } from "./repair-image.ts";
import { Roots } from "./roots.ts";
import { type Traces, traced } from "./trace.ts";
import { UnderWay } from "./under-way.ts";
import { UsageLedger } from "./usage-ledger.ts";

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

/** What all calls share, whatever handler they are for. */
interface SharedDependencies
  extends Omit<PullDependencies, "platform" | "snapshots" | "keepsLayers" | "leaseSeconds">,
    Pick<ImageServiceDependencies, "disk"> {
  readonly snapshotters: Snapshotters;
}

class PullingImageService implements ImageService, AsyncDisposable {
  readonly #dependencies: SharedDependencies;
  readonly #settings: ImageServiceSettings;
  readonly #handlers: Handlers;
  readonly #underWay = new UnderWay();
  readonly #ledger = new UsageLedger();
  readonly #events = new Broadcast<ImageEvent>();
  #tuning: Tuning;
  #pins: Pins;
  /** What the last collection left that no image has. */
  #unheld: Usage = { bytes: 0, inodes: 0 };
  /** Images that were removed since, and what they had may still be held. */
  readonly #removed = new Set<Image>();

  constructor({ snapshots, otherSnapshots, ...given }: ImageServiceDependencies, settings: ImageServiceSettings) {
    const holdings = new Holdings();
    const { tuning, boot, handlers = new Map() } = settings;
    this.#settings = settings;
    this.#handlers = handlers;
    this.#tuning = tuning;
    this.#pins = new Pins(tuning.pinned);
    this.#dependencies = {
      ...given,
      snapshotters: new Snapshotters(snapshots, otherSnapshots),
      limiter: new Limiter(tuning.concurrentLayers),
      foreignUrls: settings.foreignUrls ?? false,
      maxBlobBytes: settings.maxBlobBytes ?? Number.POSITIVE_INFINITY,
      holdings,
      roots: new Roots({
        images: given.images,
        holdings,
        boot,
        onFreed: (freed) => this.#collectAside(freed),
        onChange: (event) => this.#events.publish(event),
        onFailure: this.#tell,
      }),
      configs: new SharedWork(isAboutCaller),
      fetches: new SharedWork(isAboutCaller),
      files: new SharedWork(isAboutCaller),
      stages: new SharedWork(isAboutCaller),
    };
  }

  tune(tuning: Tuning): void {
    this.#pins = new Pins(tuning.pinned);
    this.#tuning = tuning;
    this.#dependencies.limiter.widen(tuning.concurrentLayers);
  }

  isPinned(image: Image): boolean {
    return this.#pins.has(image);
  }

  watch(options: AbortOptions = {}): AsyncIterable<ImageEvent> {
    return this.#events.listen(options);
  }

  pull(reference: Reference, options: PullOptions = {}): Promise<Image> {
    return this.#underWay.run(options.signal, async (signal) => {
      const dependencies = this.#dependenciesFor(options.handler ?? "");
      try {
        const asked = { ...options, reference, signal };
        return await tellingPull(this.#events, asked, (told) => pullImage(dependencies, reference, told));
      } catch (error) {
        if (isStowageError(error, "resource-exhausted")) await this.#giveBack(signal).catch(this.#tell);
        throw error;
      }
    });
  }

  async list({ signal, handler, damagedToo = false }: ListOptions = {}): Promise<readonly Image[]> {
    const images = await this.#dependencies.images.list({ signal });
    if (handler !== undefined) await this.#requireKnown(handler);
    const inScope = images.filter((image) => handler === undefined || (image.handler ?? "") === handler);
    return damagedToo ? inScope : inScope.filter(isReady);
  }

  async find(name: string, options: HandlerOptions = {}): Promise<Image | undefined> {
    return (await this.findAll(name, options))[0];
  }

  async findAll(name: string, { signal, handler }: HandlerOptions = {}): Promise<readonly Image[]> {
    signal?.throwIfAborted();
    if (handler !== undefined) await this.#requireKnown(handler);
    return findImages(this.#dependencies.images, name, handler);
  }

  remove(
    name: string,
    { endLease = false, handler, signal: outer }: RemoveImageOptions = {},
  ): Promise<Image | undefined> {
    return this.#underWay.run(outer, (signal) =>
      traced("stowage.image.remove", { name }, async () => {
        const ids = new Set((await this.findAll(name, { signal, handler })).map(({ id }) => id));
        const images = await this.list({ signal, handler, damagedToo: true });
        const removed: Image[] = [];
        for (const image of images.filter(({ id }) => ids.has(id)))
          removed.push(...(await this.#removeOne(image, { signal, endLease })));
        return removed[0];
      }),
    );
  }

  async view(image: Image, { holder, signal }: ViewOptions = {}): Promise<readonly Mount[]> {
    const chain = diffIdsOf(image);
    if (chain.length === 0)
      throw new StowageError("failed-precondition", `Cannot mount image ${image.id}: it has no layers`);
    requireReady(image, "mount");
    const { roots, snapshotters } = this.#dependencies;
    if (holder !== undefined) await roots.lease(holder, layersOf(image), { signal });
    try {
      return await snapshotters.get(image.snapshotter).view(chain, { signal });
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
    const { content, roots } = this.#dependencies;
    const { digest, size } = image.config;
    const found = await content.find(digest, options);
    const bytes = found?.size === size ? await collectBytes(content.read(digest, options), maxConfigBytes) : undefined;
    if (bytes !== undefined && digestOf(bytes, algorithmOf(digest)) === digest) return bytes;
    const why = found === undefined ? "is missing" : "is other bytes than its name says";
    await roots.reportDamage([{ resource: blobResource(digest), why }]);
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
      await this.#collect({ signal, retention: this.#tuning.retention });
    });
  }

  check(options: CheckOptions): Promise<CheckReport> {
    const trace: Traces["stowage.store.check"] = { level: options.level };
    const work = async (signal: AbortSignal): Promise<CheckReport> => {
      const report = await check(this.#dependencies, { ...options, signal });
      trace.findings = report.findings.length;
      return report;
    };
    return this.#underWay.run(options.signal, (signal) => traced("stowage.store.check", trace, () => work(signal)));
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
      repairs.push(await repairImage(image, options, (reference, how) => this.pull(reference, how)));
    }
    return repairs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#dependencies.roots[Symbol.dispose]();
    await this.#underWay[Symbol.asyncDispose]();
  }

  #dependenciesFor(name: string): PullDependencies {
    const { platform, snapshotter } = requireHandler(this.#handlers, name);
    const { retention, leaseSeconds } = this.#tuning;
    return {
      ...this.#dependencies,
      platform: platform ?? this.#settings.platform,
      handler: name === "" ? undefined : name,
      snapshotter,
      snapshots: this.#dependencies.snapshotters.get(snapshotter),
      keepsLayers: retention.layers !== "none",
      leaseSeconds,
    };
  }

  async #removeOne(image: Image, options: AbortOptions & { readonly endLease: boolean }): Promise<readonly Image[]> {
    const { roots, holdings } = this.#dependencies;
    const removed = await roots.remove(imageKeyOf(image), options);
    if (removed === undefined) return [];
    await collectImage(this.#dependencies, removed);
    if (resourcesOf(removed).some((resource) => holdings.isHeld(resource))) this.#removed.add(removed);
    return [removed];
  }

  /** A handler is known while it is configured, or an image is here that was pulled for it. */
  async #requireKnown(handler: string): Promise<void> {
    if (handler === "" || this.#handlers.has(handler)) return;
    const images = await this.#dependencies.images.list();
    if (!images.some((image) => image.handler === handler)) requireHandler(this.#handlers, handler);
  }

  /** On a full disk nothing is kept that is not needed, but for what is always to be kept. */
  async #giveBack(signal: AbortSignal): Promise<void> {
    const layers = this.#tuning.retention.layers === "all" ? "all" : "budget";
    await this.#collect({ signal, retention: { layers, bytes: 0, seconds: 0 } });
  }

  async #collect(options: CollectOptions): Promise<void> {
    const before = [...this.#removed];
    const work = () => collectUnheld(this.#dependencies, options);
    this.#unheld = await traced("stowage.store.collect", {}, work);
    for (const image of before) this.#removed.delete(image); // what is left of them is in the sum
  }

  /** For leases that have ended, behind nobody's call. */
  #collectAside(freed: readonly Resource[]): void {
    this.#underWay.run(undefined, (signal) => this.#collectFreed(freed, signal)).catch(this.#tell);
  }

  async #collectFreed(freed: readonly Resource[], signal: AbortSignal): Promise<void> {
    if (freed.length === 0) return;
    await dropBlobs(this.#dependencies, freed);
    await this.#collect({ signal, retention: this.#tuning.retention });
  }

  /** What nobody waits for. */
  readonly #tell = (error: unknown): void => {
    if (!this.#underWay.hasEnded) this.#settings.onFailure?.(error);
  };
}
