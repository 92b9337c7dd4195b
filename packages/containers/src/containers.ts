import type { Credential } from "@stowage/auth";
import type { ContainerIndex, ContainerPlaces, ContainerRecord, Mounter } from "@stowage/container-state";
import type { AbortOptions } from "@stowage/errors";
import type { Image, ImageIndex } from "@stowage/images";
import type { IdMap } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { Keychain } from "@stowage/registry";
import type { WritableSnapshots } from "@stowage/snapshots";
import type { Recovery } from "./recover.ts";

/**
 * The containers of this machine, as far as files go. One is created on an image, whose layers stay as long as it is there; it is
 * started, which mounts its root filesystem, and stopped, as often as somebody likes; and it is deleted, with all that was written.
 * Containers are called by their id or one of their names. Where there is none, methods fail with `not-found`, and, where none is
 * named, with `invalid-argument`; both say `invalid container ID`.
 */
export interface Containers {
  /**
   * Creates the container that holds a pod sandbox: its id is the pod's, and the pod's name is one of its names. The pause image is
   * pulled only where it is not here. Fails as `create` does, and for an id that can be none with `invalid sandbox ID`.
   */
  createPodSandbox(request: PodSandboxRequest, options?: AbortOptions): Promise<CreatedContainer>;

  /**
   * Creates a container. An image that has lost a layer is pulled again for it. Fails with `invalid-argument` for an `invalid pod
   * name`, `invalid container name` or `invalid container ID`, `not-found` where the image is not here, and `already-exists` where
   * the id or a name is taken. Where it fails, nothing is left.
   */
  create(request: ContainerRequest, options?: AbortOptions): Promise<CreatedContainer>;

  /** Mounts the root filesystem, unless it is, and returns where. */
  start(idOrName: string, options?: AbortOptions): Promise<string>;

  /** Unmounts the root filesystem, also one in use; one that is not mounted, or not known, is fine. */
  stop(idOrName: string, options?: AbortOptions): Promise<void>;

  /** Takes a container away, stopped or not, with all its files; one that is not known is fine. */
  delete(idOrName: string, options?: AbortOptions): Promise<void>;

  /** What a runtime noted of the container: JSON, as `parseContainerMetadata` reads it. */
  metadata(idOrName: string, options?: AbortOptions): Promise<string>;

  /** Notes something else. Fails with `invalid-argument` for what is no such JSON. */
  setMetadata(idOrName: string, metadata: string, options?: AbortOptions): Promise<void>;

  /** The directory for what a runtime keeps of the container until it is deleted, made where it is missing. */
  workDirectory(idOrName: string, options?: AbortOptions): Promise<string>;

  /** The directory for what it keeps until the machine stops, made where it is missing. */
  runDirectory(idOrName: string, options?: AbortOptions): Promise<string>;

  find(idOrName: string, options?: AbortOptions): Promise<Container | undefined>;

  /** Every container, oldest first. */
  list(options?: AbortOptions): Promise<readonly Container[]>;

  /** Takes away what a crash left of containers that are not there, or not any more. To be called before all else. */
  recover(options: RecoverOptions): Promise<Recovery>;
}

/** What a runtime does with containers, whoever holds the store. */
export type ContainerVerbs = Omit<Containers, "recover">;

export interface RecoverOptions extends AbortOptions {
  /** Whether the machine went down while the store was open, so that volatile containers may have lost their files. */
  readonly isSuspect: boolean;
}

export interface Container extends ContainerRecord {
  readonly state: ContainerState;
}

/** `lost` where what it wrote is gone, or, of a volatile one after a boot, may be half written: it can only be deleted. */
export type ContainerState = "created" | "mounted" | "lost";

export interface ContainerRequest extends CreateRequest {
  readonly id: string;
  /** The image as somebody asked for it, for the metadata. */
  readonly imageName: string;
  readonly imageId: string;
}

export interface PodSandboxRequest extends CreateRequest {
  readonly pauseImage: string;
  readonly uid?: string | undefined;
  readonly namespace?: string | undefined;
}

export interface CreateRequest extends Authority {
  readonly podName: string;
  readonly podId: string;
  readonly containerName: string;
  /** The container's name in its pod; its own where it is left out. */
  readonly metadataName?: string | undefined;
  readonly attempt?: number | undefined;
  readonly isPrivileged?: boolean | undefined;
  /** The runtime handler whose image it is of; the default one where it is left out or empty. */
  readonly handler?: string | undefined;
  /** Of the user namespace that it will run in. */
  readonly idMap?: IdMap | undefined;
  /** Whether what it writes need not survive the machine; so by default, and cheaper. */
  readonly volatile?: boolean | undefined;
  /** SELinux labels; none where they are left out. */
  readonly processLabel?: string | undefined;
  readonly mountLabel?: string | undefined;
}

/** Whose authority a pull has; without either it is that of this machine. */
export interface Authority {
  readonly credential?: Credential | undefined;
  /** The absolute path of a docker `config.json` or podman `auth.json` to look for one in. */
  readonly authFile?: string | undefined;
}

export interface CreatedContainer {
  readonly id: string;
  readonly workDirectory: string;
  readonly runDirectory: string;
  /** The bytes of the image's config. */
  readonly config: Uint8Array;
  readonly processLabel: string;
  readonly mountLabel: string;
}

/** What containers want of images; the image service is such a one. */
export interface ContainerImages {
  find(name: string, options?: AbortOptions & { readonly handler?: string | undefined }): Promise<Image | undefined>;
  pull(reference: Reference, options?: ContainerPullOptions): Promise<Image>;
  readConfig(image: Image, options?: AbortOptions): Promise<Uint8Array>;
  hold(image: Image, holder: string, options?: AbortOptions): Promise<void>;
  release(holder: string, options?: AbortOptions): Promise<void>;
}

export interface ContainerPullOptions extends AbortOptions, Pick<Partial<Image>, "platform"> {
  readonly credential?: Credential | undefined;
  readonly handler?: string | undefined;
}

export interface ContainersDependencies {
  readonly images: ContainerImages;
  readonly leases: Pick<ImageIndex, "listLeases">;
  readonly index: ContainerIndex;
  readonly places: ContainerPlaces;
  readonly mounter: Mounter;
  /** The writable snapshots of the default snapshotter. */
  readonly writable: WritableSnapshots;
  /** Those of others, by name. */
  readonly otherWritable?: ReadonlyMap<string, WritableSnapshots> | undefined;
  readonly openKeychain: (authFile: string) => Pick<Keychain, "find">;
}

export interface ContainersSettings {
  /** The boot that this process runs in, as the kernel names it. */
  readonly boot: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of what fails behind the failure that a caller hears of, or in a recovery. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}
