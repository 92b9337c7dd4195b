import type { Admission } from "@stowage/admission";
import type { Credential } from "@stowage/auth";
import type { ContentStore } from "@stowage/content";
import type { AbortOptions } from "@stowage/errors";
import type { Image, ImageIndex, ImageReaders } from "@stowage/images";
import type { Digest, Platform } from "@stowage/oci";
import type { NameCandidates, Reference } from "@stowage/reference";
import type { Names, NamespacedKeychains, Registry } from "@stowage/registry";
import type { Mount, Snapshotter, Unpacker, Usage } from "@stowage/snapshots";
import type { CheckOptions, CheckReport } from "./check.ts";
import type { Collection } from "./collection.ts";
import type { Disk, DiskAccount } from "./disk-account.ts";
import type { Handlers } from "./handlers.ts";
import type { Hold } from "./holdings.ts";
import type { ImageEvent } from "./image-event.ts";
import type { ImageSource, LoadOptions } from "./image-source.ts";
import type { Widths } from "./limiter.ts";
import type { PullOptions } from "./pull-event.ts";
import type { Retention } from "./retention.ts";
import type { Boot } from "./roots.ts";

/**
 * The images of this machine. An image is pulled, then it is listed and can be asked about and mounted, until it is
 * removed; in between it is READY: its documents and all its layers are here, verified. One that loses something is not READY
 * and not listed until it is pulled again, which brings just that.
 */
export interface ImageService {
  /** What a name stands for that may say nothing of its registry. */
  candidates(text: string, options?: AbortOptions): Promise<NameCandidates>;

  /**
   * Brings an image here. Callers who want the same layers at once share the work, each with its own authority. Fails with an
   * `AdmissionRefusedError` where it may not come, also where it is here already.
   */
  pull(reference: Reference, options?: PullOptions): Promise<Image>;

  /** Every image that is READY, oldest first; where it is asked for, the damaged ones too. */
  list(options?: ListOptions): Promise<readonly Image[]>;

  /**
   * The image that `name` means, READY or damaged: an id, the beginning of one, a tag or a digest name. `undefined` where there
   * is none. Where no handler is given and it was pulled for several, it is that of the default one first.
   */
  find(name: string, options?: HandlerOptions): Promise<Image | undefined>;

  /** The same for each runtime handler that it was pulled for. */
  findAll(name: string, options?: HandlerOptions): Promise<readonly Image[]>;

  /** Whether the settings or somebody ask for it to stay. It is advice, and hinders nobody. */
  isPinned(image: Image): boolean;

  /** Everything that pins images, whether or not there are such. */
  pins(options?: AbortOptions): Promise<readonly Pin[]>;

  /** Pins a name or an id, for as long as until `unpin`, also over restarts; fails with `not-found` where no image has it. */
  pin(name: string, options?: AbortOptions): Promise<Pin>;

  /** Ends that, also where no image has it any more. Fails with `not-found` where nobody has pinned it. */
  unpin(name: string, options?: AbortOptions): Promise<Pin>;

  /**
   * Gives the image that `name` means one more name with a tag, which is taken from the image that had it. Fails with
   * `not-found`, and with `already-exists` where the name is pinned and another image's, unless it is told to take that, too.
   */
  tag(name: string, reference: Reference, options?: TagOptions): Promise<Image>;

  /**
   * Takes a name from the image that has it. With the last tag of a repository go the digest names in it, and with its last name
   * goes the image. `undefined` where nobody has the name.
   */
  untag(reference: Reference, options?: HandlerOptions): Promise<Untagging | undefined>;

  /**
   * Brings an image here from somewhere that is no registry. Fails as `pull` does, and with `already-exists` where another
   * image has one of the names, unless it is told to take it.
   */
  load(source: ImageSource, options?: LoadOptions): Promise<Image>;

  /** What happens from now on, until the signal aborts. Who is slow to read is told so by `resource-exhausted`. */
  watch(options?: AbortOptions): AsyncIterable<ImageEvent>;

  /** Takes other settings from now on; what goes on already is left alone. Fails with `invalid-argument`, and changes nothing. */
  tune(tuning: Tuning): void;

  /**
   * Takes the image that `name` means away, with all its names, for the given handler or for all. Its disk is given back but for
   * what another image, a mount or a lease holds. `undefined` where there is none.
   */
  remove(name: string, options?: RemoveImageOptions): Promise<Removal | undefined>;

  /** The mounts that show the image's root file system, read-only. Fails with `data-loss` where it is damaged. */
  view(image: Image, options?: ViewOptions): Promise<readonly Mount[]>;

  /** Holds the image's layers for somebody until `release`, also where the image is removed, and over boots. */
  hold(image: Image, holder: string, options?: AbortOptions): Promise<void>;

  /** Ends what `view` or `hold` held for somebody; nothing is fine. */
  release(holder: string, options?: AbortOptions): Promise<void>;

  /** The bytes of the image's config, as they came. Fails with `data-loss` where they are not any more. */
  readConfig(image: Image, options?: AbortOptions): Promise<Uint8Array>;

  /**
   * The bytes of a document or a blob of the image, as they came, verified: it throws, at its end at the latest, unless they are.
   * The blob of a layer that is not kept comes from the registries that its names tell of. Fails with `not-found` where the image
   * has no such blob, and with `failed-precondition` where no registry has it any more.
   */
  readBlob(image: Image, digest: Digest, options?: ReadBlobOptions): AsyncIterable<Uint8Array>;

  /** Everybody beside images who holds something: mounts, pulls that are under way, and those of a moment ago. */
  holds(options?: AbortOptions): Promise<readonly Hold[]>;

  /** Disk that everything takes together, what images share counted once. */
  usage(options?: AbortOptions): Promise<Usage>;

  /** Gives back the disk of what nobody holds and the retention does not keep, or, dry, only says what that is. */
  collect(options?: CollectionOptions): Promise<Collection>;

  /** Looks whether everything that images need is here and what it was. */
  check(options: CheckOptions): Promise<CheckReport>;

  /** What takes how much of the disk, to the last byte and inode. Everything is walked. */
  account(options?: AbortOptions): Promise<DiskAccount>;

  /** Pulls damaged images again, each by its own digest name: what they lost is brought, and nothing else. */
  repair(options?: PullOptions): Promise<readonly Repair[]>;
}

/** What people ask for, be it of the service itself or, over a socket, of a daemon that has it. */
export type ImageVerbs = Omit<ImageService, "candidates" | "findAll" | "hold" | "isPinned" | "tune">;

export interface ListOptions extends HandlerOptions {
  readonly damagedToo?: boolean | undefined;
}

export interface HandlerOptions extends AbortOptions {
  /** The runtime handler that the image was pulled for: `""` for the default one; any, where it is left out. */
  readonly handler?: string | undefined;
}

export interface RemoveImageOptions extends HandlerOptions {
  /** Give the disk back at once, although it was pulled only minutes ago: somebody knows what they do. */
  readonly endLease?: boolean | undefined;
}

export interface ViewOptions extends AbortOptions {
  /** For whom the layers are held, until `release` or the end of this boot, also where the image is removed. */
  readonly holder?: string | undefined;
}

/** An image that was removed. */
export interface Removal {
  readonly image: Image;
  /** The disk that was given back. */
  readonly freed: Usage;
  /** Who still holds some of what no other image has: its disk is given back after them. */
  readonly holders: readonly string[];
}

/** A name that was taken. */
export interface Untagging {
  /** The image that had it, as it is now, or, where it is gone, as it was. */
  readonly image: Image;
  readonly names: readonly string[];
  /** Where the image went with its last name. */
  readonly removal?: Removal | undefined;
}

export interface TagOptions extends HandlerOptions {
  /** Take the name although it is pinned. */
  readonly force?: boolean | undefined;
}

/** What keeps images from being collected by a kubelet. */
export interface Pin {
  /** An id, a name, or, in the settings, a glob that matches whole names. */
  readonly pattern: string;
  readonly by: "settings" | "somebody";
}

export interface ReadBlobOptions extends AbortOptions {
  /** Whose authority is used where a registry has to be asked; without one the keychain is. */
  readonly credential?: Credential | undefined;
  readonly plainHttp?: boolean | undefined;
}

export interface CollectionOptions extends AbortOptions {
  readonly dryRun?: boolean | undefined;
}

/** What became of a damaged image. */
export interface Repair {
  readonly image: Image;
  /** Why it is still damaged. */
  readonly failure?: string | undefined;
}

export interface ImageServiceDependencies {
  readonly registry: Registry;
  readonly names: Names;
  /** Asked of every image that is to come here, before anything of it is fetched but its index and manifest. */
  readonly admission: Admission;
  readonly content: ContentStore;
  /** That of the default runtime handler. */
  readonly snapshots: Snapshotter;
  /** Those of other handlers, by name. */
  readonly otherSnapshots?: ReadonlyMap<string, Snapshotter> | undefined;
  readonly unpacker: Unpacker;
  readonly images: ImageIndex;
  readonly disk: Disk;
  /** What is laid down for pulls of Kubernetes namespaces, if anything is. */
  readonly namespacedKeychains?: NamespacedKeychains | undefined;
  /** Other programs that read the images where they are, if there are such. */
  readonly readers?: ImageReaders | undefined;
}

export interface ImageServiceSettings {
  /** This machine's, for which images are chosen. */
  readonly platform: Platform;
  /** The boot that this process runs in. */
  readonly boot: Boot;
  /** Blobs that claim to be larger are refused; by default none are. */
  readonly maxBlobBytes?: number | undefined;
  /** The runtime handlers beside the default one. */
  readonly handlers?: Handlers | undefined;
  /** Whether layers that their registry does not have may be fetched from the `urls` of their descriptors; by default not. */
  readonly foreignUrls?: boolean | undefined;
  readonly tuning: Tuning;
  /** Told of what fails in the background. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** What can be set otherwise at any time. */
export interface Tuning {
  /** How many blobs are fetched and unpacked at once. */
  readonly concurrentLayers: Widths;
  /** What is kept that no image needs. */
  readonly retention: Retention;
  /** For how long a finished pull holds what it brought. */
  readonly leaseSeconds: number;
  /** For how long nothing may happen in a pull before it is stopped; 0 is for ever. */
  readonly inactivitySeconds: number;
  /** Which images are pinned: ids, names, or globs that match whole names. */
  readonly pinned: readonly string[];
}
