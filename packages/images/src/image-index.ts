import type { AbortOptions } from "@stowage/errors";
import type { Digest } from "@stowage/oci";
import type { Damage, Image, ImageRecord } from "./image.ts";
import type { ImageKey } from "./image-key.ts";
import type { Lease } from "./lease.ts";
import type { Resource } from "./resource.ts";

/**
 * The images, their names, the leases, and what was found damaged. Everything else on the disk is reached from here. An image
 * appears whole, with its names, in one transaction, and goes in one. For each runtime handler, a name belongs to one image at a
 * time: publishing takes it from the image that had it, which stays under its other names and knows its previous one. Every change is durable on return, and is seen by
 * nobody before.
 */
export interface ImageIndex {
  /** Every image, READY or damaged, oldest first. */
  list(options?: AbortOptions): Promise<readonly Image[]>;

  find(key: ImageKey, options?: AbortOptions): Promise<Image | undefined>;

  /** The image that has exactly this name, `docker.io/library/alpine:3` or `docker.io/library/alpine@sha256:…`. */
  findByName(name: string, options?: FindByNameOptions): Promise<Image | undefined>;

  /**
   * Stores an image under `names`, beside those it has. An image of the same key is replaced; where several publish it at
   * once, it is new for one of them. What was found damaged and is not said to be mended stays so.
   */
  publish(
    record: ImageRecord,
    names: readonly string[],
    options?: PublishOptions,
  ): Promise<{ readonly image: Image; readonly isNew: boolean }>;

  /** Takes an image away with all its names and returns it, or `undefined` where there is none. */
  remove(key: ImageKey, options?: RemoveOptions): Promise<Image | undefined>;

  /** Takes names from the images that have them; the images stay. A name that nobody has is fine. */
  removeNames(names: readonly string[], options?: FindByNameOptions): Promise<void>;

  /** The names and ids that somebody has pinned, sorted, whether or not an image has them now. */
  listPins(options?: AbortOptions): Promise<readonly string[]>;

  /** Pins names and ids, for all runtime handlers, until `unpin`: an image that comes to have one is pinned by it. */
  pin(names: readonly string[], options?: AbortOptions): Promise<void>;

  /** Ends those; one that is not pinned is fine. */
  unpin(names: readonly string[], options?: AbortOptions): Promise<void>;

  /** Says of layer blobs that they are not kept any more, in all images that have them. */
  forgetBlobs(digests: readonly Digest[], options?: AbortOptions): Promise<void>;

  /** Notes what was found damaged: images that need it are not READY until they are published anew. */
  reportDamage(damage: readonly Damage[], options?: AbortOptions): Promise<void>;

  /** Everything that was found damaged and not mended since, whether or not an image needs it now. */
  listDamage(options?: AbortOptions): Promise<readonly Damage[]>;

  /** Says of resources that nothing is wrong with them any more. */
  endDamage(resources: readonly Resource[], options?: AbortOptions): Promise<void>;

  /** Images whose record cannot be read. Pulling one again replaces it. */
  listUnreadable(options?: AbortOptions): Promise<readonly ImageKey[]>;

  listLeases(options?: AbortOptions): Promise<readonly Lease[]>;

  /** Takes a lease, in place of the one that the same holder has. */
  takeLease(lease: Lease, options?: AbortOptions): Promise<void>;

  /** Ends the leases of these holders; one that has none is fine. */
  endLeases(holders: readonly string[], options?: AbortOptions): Promise<void>;
}

export interface FindByNameOptions extends AbortOptions {
  /** The runtime handler that it was pulled for; left out for the default one. */
  readonly handler?: string | undefined;
}

export interface PublishOptions extends AbortOptions {
  /** Taken in the same transaction. */
  readonly lease?: Lease | undefined;
  /** What was damaged, and was brought anew. */
  readonly mended?: readonly Resource[] | undefined;
}

export interface RemoveOptions extends AbortOptions {
  /** Holders whose leases end in the same transaction. */
  readonly endLeases?: readonly string[] | undefined;
}
