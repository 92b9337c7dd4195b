import { type AbortOptions, isStowageError } from "@stowage/errors";
import {
  type Damage,
  type Image,
  type ImageIndex,
  type ImageKey,
  type ImageRecord,
  imageKeyOf,
  type Lease,
  type Resource,
  resourcesOf,
} from "@stowage/images";
import type { Digest } from "@stowage/oci";
import { KeyedTurns } from "@stowage/shared-work";
import { step } from "@stowage/steps";
import type { Hold, Holdings } from "./holdings.ts";
import type { ImageEvent } from "./image-event.ts";
import { isReady } from "./ready.ts";
import { readersHolder, type ToldReaders } from "./told-readers.ts";

/** The boot of the machine that this process runs in. */
export interface Boot {
  /** As the kernel names it. */
  readonly id: string;
  /** Since it began; no setting of the clock moves it. */
  seconds(): number;
}

export interface RootsOptions {
  readonly images: ImageIndex;
  readonly holdings: Holdings;
  readonly boot: Boot;
  /** Other programs, if there are such, which are told of each change before it is done. */
  readonly readers?: Pick<ToldReaders, "tell" | "tellFirst"> | undefined;
  /** Told what nobody holds any more, where leases have ended behind nobody's call. */
  readonly onFreed: (freed: readonly Resource[]) => void;
  /** Told of each change to the images, in their order. */
  readonly onChange: (event: Extract<ImageEvent, { readonly image: Image }>) => void;
  /** Told of what fails behind nobody's call. */
  readonly onFailure: (error: unknown) => void;
}

export interface PublishRootOptions extends AbortOptions {
  readonly leaseSeconds: number;
  readonly mended: readonly Resource[];
  /** Asked in the turn of these names, so that what it finds is so when they are given: failing ends it. */
  readonly require?: (() => Promise<void>) | undefined;
}

/** What came of taking names. */
export interface NamesTaken {
  readonly taken: readonly string[];
  readonly image: Image | undefined;
  /** Whether the image went with its last name. */
  readonly isRemoved: boolean;
}

/** What images and leases hold, kept the same in the index and in the holdings. Leases end here, at their time. */
export class Roots implements Disposable {
  readonly #options: RootsOptions;
  /** By keys of images and by names: what becomes of one is settled before the next is asked. */
  readonly #turns = new KeyedTurns();
  #loading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer ends, in seconds since the boot. */
  #wakesAt = Number.POSITIVE_INFINITY;
  /** Who holds what records name of which nobody knows whether they were written. */
  readonly #doubts = new Set<string>();

  constructor(options: RootsOptions) {
    this.#options = options;
  }

  /** Waits until all that the index says is held: before that, nothing may be collected. */
  ready(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  /** Publishes an image, and holds what it has for `leaseSeconds` although it may be removed at once. */
  publish(record: ImageRecord, names: readonly string[], options: PublishRootOptions): Promise<Image> {
    return this.#turns.run([imageKeyOf(record), ...names], async () => {
      await options.require?.();
      return await this.#publish(record, names, options);
    });
  }

  async #publish(
    record: ImageRecord,
    names: readonly string[],
    { leaseSeconds, signal, mended }: PublishRootOptions,
  ): Promise<Image> {
    const { images, holdings, onChange } = this.#options;
    const resources = resourcesOf(record);
    const key = imageKeyOf(record);
    const lease = leaseSeconds > 0 ? this.#leaseFor(pullHolder(key), resources, leaseSeconds) : undefined;
    step("image-publishing");
    const { image, isNew } = await images.publish(record, names, { signal, mended, lease }).catch((error: unknown) => {
      if (!isRolledBack(error)) this.#doubt(key, resources);
      throw error;
    });
    step("image-published");
    onChange({ kind: "published", image, isNew });
    holdings.hold(imageHolder(key), resources);
    this.#endDoubts();
    if (lease !== undefined) this.#note(lease);
    await this.#options.readers?.tell();
    return image;
  }

  /** Forgets an image, and, where it is told to, what the pull of it left held. */
  remove(key: ImageKey, options: AbortOptions & { readonly endLease: boolean }): Promise<Image | undefined> {
    return this.#turns.run([key], () => this.#remove(key, options));
  }

  async #remove(
    key: ImageKey,
    { endLease, ...options }: AbortOptions & { readonly endLease: boolean },
  ): Promise<Image | undefined> {
    await this.ready();
    const { images, holdings, onChange } = this.#options;
    const image = await images.remove(key, { ...options, endLeases: endLease ? [pullHolder(key)] : [] });
    step("image-removed");
    if (image !== undefined) onChange({ kind: "removed", image });
    await this.#options.readers?.tell(); // before anything of it may go
    if (endLease) holdings.end(pullHolder(key));
    holdings.end(imageHolder(key));
    this.#endDoubts();
    return image;
  }

  /** Takes those of the names that an image has, and with the last of them the image. Returns it as it is then, or was. */
  removeNames(key: ImageKey, names: readonly string[], options: AbortOptions): Promise<NamesTaken> {
    return this.#turns.run([key, ...names], async () => {
      const { images, onChange } = this.#options;
      const before = await images.find(key);
      const has = (name: string): boolean => [...(before?.tags ?? []), ...(before?.digests ?? [])].includes(name);
      const taken = names.filter(has);
      if (before === undefined || taken.length === 0) return { taken: [], image: before, isRemoved: false };
      await images.removeNames(taken, { ...options, handler: before.handler });
      const image = await images.find(key);
      if (image === undefined) return { taken, image: before, isRemoved: false };
      onChange({ kind: "published", image, isNew: false });
      await this.#options.readers?.tell();
      if (image.tags.length + image.digests.length > 0) return { taken, image, isRemoved: false };
      await this.#remove(key, { ...options, endLease: true });
      return { taken, image: before, isRemoved: true };
    });
  }

  /** Notes what was found damaged: images that need it are not READY any more. */
  async reportDamage(damage: readonly Damage[], options: AbortOptions = {}): Promise<void> {
    const { images, onChange } = this.#options;
    const before = new Set((await images.list()).filter((image) => !isReady(image)).map(imageKeyOf));
    await images.reportDamage(damage, options);
    for (const image of await images.list())
      if (!isReady(image) && !before.has(imageKeyOf(image))) onChange({ kind: "damaged", image });
    await this.#options.readers?.tell();
  }

  /** Says of layer blobs that no image keeps them any more. */
  async forgetBlobs(digests: readonly Digest[], options: AbortOptions): Promise<void> {
    const { images, holdings } = this.#options;
    await images.forgetBlobs(digests, options);
    for (const image of await images.list()) holdings.hold(imageHolder(imageKeyOf(image)), resourcesOf(image));
  }

  /** Holds resources for somebody until `end` is called, or, unless it outlives the boot, that ends. */
  async lease(
    holder: string,
    resources: readonly Resource[],
    { outlivesBoot = false, ...options }: AbortOptions & { readonly outlivesBoot?: boolean | undefined },
  ): Promise<void> {
    const lease = outlivesBoot ? { holder, resources } : this.#leaseFor(holder, resources);
    await this.#options.holdings.take(holder, resources); // before it is written: from now on they stay
    try {
      await this.#options.images.takeLease(lease, options);
    } catch (error) {
      this.#options.holdings.end(holder);
      throw error;
    }
  }

  /** Ends leases; returns what nobody holds now. */
  async end(holders: readonly string[], options: AbortOptions = {}): Promise<readonly Resource[]> {
    await this.ready();
    await this.#options.images.endLeases(holders, options);
    return holders.flatMap((holder) => this.#options.holdings.end(holder));
  }

  /** Who beside the images holds something. */
  holds(): readonly Hold[] {
    return this.#options.holdings
      .list()
      .filter(([holder]) => !isImageHolder(holder) && holder !== readersHolder)
      .map(([holder, resources]) => ({ holder, resources }));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  async #load(): Promise<void> {
    const { images, holdings, onFailure } = this.#options;
    for (const image of await images.list()) holdings.hold(imageHolder(imageKeyOf(image)), resourcesOf(image));
    for (const { holder, resources } of await images.listLeases()) holdings.hold(holder, resources);
    await this.#options.readers?.tellFirst();
    await this.#endDue().catch(onFailure); // they hold nothing any more, written off or not
  }

  /**
   * A record that the disk failed to take may be on it all the same, and be believed after a crash: until something else is
   * written in its place, what it names stays.
   */
  #doubt(key: ImageKey, resources: readonly Resource[]): void {
    this.#doubts.add(doubtHolder(key));
    this.#options.holdings.hold(doubtHolder(key), resources);
  }

  #endDoubts(): void {
    const holders = [...this.#doubts];
    this.#doubts.clear();
    const freed = holders.flatMap((holder) => this.#options.holdings.end(holder));
    if (freed.length > 0) this.#options.onFreed(freed);
  }

  #leaseFor(holder: string, resources: readonly Resource[], seconds?: number): Lease {
    const { boot } = this.#options;
    const endsAt = seconds === undefined ? {} : { endsAt: boot.seconds() + seconds };
    return { holder, resources, boot: boot.id, ...endsAt };
  }

  #note({ holder, resources, endsAt }: Lease): void {
    this.#options.holdings.hold(holder, resources);
    if (endsAt !== undefined) this.#wakeAt(endsAt);
  }

  #wakeAt(seconds: number): void {
    if (seconds >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = seconds;
    const delay = Math.max(seconds - this.#options.boot.seconds(), coalescedSeconds) * 1000;
    this.#timer = setTimeout(() => this.#wake(), Math.min(delay, maxTimerMilliseconds)).unref();
  }

  #wake(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#endDue().catch(this.#options.onFailure);
  }

  /** Lets go of what leases held that are over, and only then writes them off: a disk that takes no writes keeps nothing held. */
  async #endDue(): Promise<void> {
    const { images, boot, onFreed, holdings } = this.#options;
    const leases = await images.listLeases();
    const isDue = ({ boot: of, endsAt }: Lease): boolean =>
      (of !== undefined && of !== boot.id) || (endsAt !== undefined && endsAt <= boot.seconds());
    const due = leases.filter(isDue).map(({ holder }) => holder);
    for (const { endsAt } of leases.filter((lease) => !isDue(lease))) if (endsAt !== undefined) this.#wakeAt(endsAt);
    const freed = due.flatMap((holder) => holdings.end(holder));
    if (freed.length > 0) onFreed(freed);
    await images.endLeases(due);
  }
}

/** Leases that end at about the same time end together. */
const coalescedSeconds = 1;

/** The longest that a timer waits; who wakes too early looks again. */
const maxTimerMilliseconds = 2 ** 31 - 1;

/** Whether a transaction that failed has certainly left nothing on the disk. */
function isRolledBack(error: unknown): boolean {
  return isStowageError(error, "resource-exhausted") || isStowageError(error, "failed-precondition");
}

function imageHolder(key: ImageKey): string {
  return `${imagePrefix}${key}`;
}

const imagePrefix = "image ";

export function isImageHolder(holder: string): boolean {
  return holder.startsWith(imagePrefix);
}

/** Of what a finished pull leaves held, so that nothing collects it before a container is made of it. */
function pullHolder(key: ImageKey): string {
  return `pulled ${key}`;
}

function doubtHolder(key: ImageKey): string {
  return `perhaps ${key}`;
}
