import { type AbortOptions, isStowageError } from "@stowage/errors";
import { type Image, layersOf, type Resource } from "@stowage/images";
import type { Digest } from "@stowage/oci";
import type { NameCandidates, Reference } from "@stowage/reference";
import { UnderWay } from "@stowage/shared-work";
import type { Mount, Usage } from "@stowage/snapshots";
import { Broadcast } from "./broadcast.ts";
import { type CheckOptions, type CheckReport, check } from "./check.ts";
import type { Collection } from "./collection.ts";
import { Collector } from "./collector.ts";
import { accountFor, type DiskAccount } from "./disk-account.ts";
import { findImages } from "./find-image.ts";
import { type Handlers, requireHandler, Snapshotters } from "./handlers.ts";
import { type Hold, Holdings } from "./holdings.ts";
import { type ImageEvent, tellingPull } from "./image-event.ts";
import { ImageNames } from "./image-names.ts";
import type {
  CollectionOptions,
  HandlerOptions,
  ImageService,
  ImageServiceDependencies,
  ImageServiceSettings,
  ListOptions,
  Pin,
  ReadBlobOptions,
  Removal,
  RemoveImageOptions,
  Repair,
  TagOptions,
  Tuning,
  Untagging,
  ViewOptions,
} from "./image-service.ts";
import { type ImageSource, type LoadOptions } from "./image-source.ts";
import { Limiter } from "./limiter.ts";
import { loadImage, referenceOf } from "./load-image.ts";
import { Pins } from "./pins.ts";
import type { PullOptions } from "./pull-event.ts";
import { newShares } from "./pull-image.ts";
import { readBlob } from "./read-blob.ts";
import { readConfig } from "./read-config.ts";
import { isReady } from "./ready.ts";
import { joinedRemoval } from "./removal.ts";
import { repairImages } from "./repair-image.ts";
import type { NameDependencies } from "./require-free-names.ts";
import { Roots } from "./roots.ts";
import { toldReaders } from "./told-readers.ts";
import { type Traces, traced } from "./trace.ts";
import { type TunedDependencies, tunedBy } from "./tuned-dependencies.ts";
import { viewImage } from "./view-image.ts";
import { type WatchedDependencies, watchedPull } from "./watched-pull.ts";

/** Disposing the service stops the pulls that are under way, and waits until they have left the disk. */
export function createImageService(
  dependencies: ImageServiceDependencies,
  settings: ImageServiceSettings,
): ImageService & AsyncDisposable {
  return new PullingImageService(dependencies, settings);
}

/** What all calls share, whatever handler they are for. */
interface SharedDependencies
  extends Omit<WatchedDependencies, keyof TunedDependencies | "platform" | "snapshots" | "keepsBlobs">,
    Pick<NameDependencies, "pins">,
    Pick<ImageServiceDependencies, "disk" | "names"> {
  readonly snapshotters: Snapshotters;
}

class PullingImageService implements ImageService, AsyncDisposable {
  readonly #dependencies: SharedDependencies;
  readonly #settings: ImageServiceSettings;
  readonly #handlers: Handlers;
  readonly #underWay = new UnderWay();
  readonly #collector: Collector;
  readonly #names: ImageNames;
  readonly #events = new Broadcast<ImageEvent>();
  #tuning: Tuning;
  #pins: Pins;

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
        readers: toldReaders({ ...given, holdings, onFailure: this.#tell }),
        onFreed: (freed) => this.#collectAside(freed),
        onChange: (event) => this.#events.publish(event),
        onFailure: this.#tell,
      }),
      pins: () => this.#pins,
      ...newShares(),
    };
    this.#collector = new Collector(this.#dependencies, () => this.#tuning.retention);
    this.#names = new ImageNames(this.#dependencies, this.#collector);
  }

  tune(tuning: Tuning): void {
    this.#pins = new Pins(tuning.pinned);
    this.#tuning = tuning;
    this.#dependencies.limiter.widen(tuning.concurrentLayers);
  }

  isPinned(image: Image): boolean {
    return this.#pins.has(image);
  }

  pins(options: AbortOptions = {}): Promise<readonly Pin[]> {
    return this.#names.pins(this.#tuning.pinned, options);
  }

  pin(name: string, options: AbortOptions = {}): Promise<Pin> {
    return this.#underWay.run(options.signal, (signal) => this.#names.pin(name, { signal }));
  }

  unpin(name: string, options: AbortOptions = {}): Promise<Pin> {
    return this.#underWay.run(options.signal, (signal) => this.#names.unpin(name, { signal }));
  }

  tag(name: string, reference: Reference, options: TagOptions = {}): Promise<Image> {
    return this.#underWay.run(options.signal, (signal) => this.#names.tag(name, reference, { ...options, signal }));
  }

  untag(reference: Reference, options: HandlerOptions = {}): Promise<Untagging | undefined> {
    return this.#underWay.run(options.signal, (signal) => this.#names.untag(reference, { ...options, signal }));
  }

  watch(options: AbortOptions = {}): AsyncIterable<ImageEvent> {
    return this.#events.listen(options);
  }

  pull(reference: Reference, options: PullOptions = {}): Promise<Image> {
    return this.#bring({ ...options, reference }, (dependencies, told) => watchedPull(dependencies, reference, told));
  }

  load(source: ImageSource, { force, ...options }: LoadOptions = {}): Promise<Image> {
    const asked = { ...options, reference: referenceOf(source) };
    return this.#bring(asked, (dependencies, told) => loadImage(dependencies, source, { ...told, force }));
  }

  candidates(text: string, options: AbortOptions = {}): Promise<NameCandidates> {
    return this.#dependencies.names.candidates(text, options);
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
    return findImages(this.#dependencies, name, handler);
  }

  remove(
    name: string,
    { endLease = false, handler, signal: outer }: RemoveImageOptions = {},
  ): Promise<Removal | undefined> {
    return this.#underWay.run(outer, (signal) =>
      traced("stowage.image.remove", { name }, async () => {
        const ids = new Set((await this.findAll(name, { signal, handler })).map(({ id }) => id));
        const images = await this.list({ signal, handler, damagedToo: true });
        const removals: Removal[] = [];
        for (const image of images.filter(({ id }) => ids.has(id))) {
          const removal = await this.#collector.remove(image, { signal, endLease });
          if (removal !== undefined) removals.push(removal);
        }
        return joinedRemoval(removals);
      }),
    );
  }

  view(image: Image, options: ViewOptions = {}): Promise<readonly Mount[]> {
    return viewImage(this.#dependencies, image, options);
  }

  hold(image: Image, holder: string, { signal }: AbortOptions = {}): Promise<void> {
    return this.#dependencies.roots.lease(holder, layersOf(image), { signal, outlivesBoot: true });
  }

  release(holder: string, options: AbortOptions = {}): Promise<void> {
    return this.#underWay.run(options.signal, async (signal) => {
      await this.#collector.collectFreed(await this.#dependencies.roots.end([holder], { signal }), { signal });
    });
  }

  readConfig(image: Image, options: AbortOptions = {}): Promise<Uint8Array> {
    return readConfig(this.#dependencies, image, options);
  }

  readBlob(image: Image, digest: Digest, options: ReadBlobOptions = {}): AsyncIterable<Uint8Array> {
    return readBlob(this.#dependencies, { image, digest }, options);
  }

  async holds({ signal }: AbortOptions = {}): Promise<readonly Hold[]> {
    signal?.throwIfAborted();
    await this.#dependencies.roots.ready();
    return this.#dependencies.roots.holds();
  }

  usage(options: AbortOptions = {}): Promise<Usage> {
    return this.#collector.usage(options);
  }

  collect(options: CollectionOptions = {}): Promise<Collection> {
    return this.#underWay.run(options.signal, (signal) => this.#collector.collect({ ...options, signal }));
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
    const images = await this.list({ damagedToo: true });
    return await repairImages(images, options, (reference, how) => this.pull(reference, how));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#dependencies.roots[Symbol.dispose]();
    await this.#underWay[Symbol.asyncDispose]();
  }

  #bring(
    asked: PullOptions & { readonly reference: Reference },
    bring: (dependencies: WatchedDependencies & NameDependencies, options: PullOptions) => Promise<Image>,
  ): Promise<Image> {
    return this.#underWay.run(asked.signal, async (signal) => {
      const dependencies = this.#dependenciesFor(asked.handler ?? "");
      try {
        return await tellingPull(this.#events, { ...asked, signal }, (told) => bring(dependencies, told));
      } catch (error) {
        if (isStowageError(error, "resource-exhausted")) await this.#collector.giveBack({ signal }).catch(this.#tell);
        throw error;
      }
    });
  }

  #dependenciesFor(name: string): WatchedDependencies & NameDependencies {
    const { platform, snapshotter } = requireHandler(this.#handlers, name);
    return {
      ...this.#dependencies,
      platform: platform ?? this.#settings.platform,
      handler: name === "" ? undefined : name,
      snapshotter,
      snapshots: this.#dependencies.snapshotters.get(snapshotter),
      ...tunedBy(this.#tuning),
    };
  }

  /** A handler is known while it is configured, or an image is here that was pulled for it. */
  async #requireKnown(handler: string): Promise<void> {
    if (handler === "" || this.#handlers.has(handler)) return;
    const images = await this.#dependencies.images.list();
    if (!images.some((image) => image.handler === handler)) requireHandler(this.#handlers, handler);
  }

  /** For leases that have ended, behind nobody's call. */
  #collectAside(freed: readonly Resource[]): void {
    this.#underWay.run(undefined, (signal) => this.#collector.collectFreed(freed, { signal })).catch(this.#tell);
  }

  /** What nobody waits for. */
  readonly #tell = (error: unknown): void => {
    if (!this.#underWay.hasEnded) this.#settings.onFailure?.(error);
  };
}
