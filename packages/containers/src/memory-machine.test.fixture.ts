import type {
  ContainerIndex,
  ContainerPlaces,
  ContainerRecord,
  MountArguments,
  Mounter,
} from "@stowage/container-state";
import { StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { digestOf } from "@stowage/oci";
import type { Mount, WritableSnapshots } from "@stowage/snapshots";
import {
  type ContainerImages,
  type ContainerRequest,
  type Containers,
  type ContainersDependencies,
  createContainers,
} from "./index.ts";

const blob = { mediaType: "application/octet-stream", digest: digestOf("a config"), size: 8 };
const layer = { blob, kept: false, diffId: digestOf("a tar"), bytes: 1, inodes: 1 };
const platform = { os: "linux", architecture: "amd64" };
const record = { id: blob.digest, manifest: blob, config: blob, layers: [layer], platform, user: "", annotations: {} };
export const image: Image = { ...record, tags: ["a.example/b:1"], digests: [], pins: [], publishedAt: 1, damage: [] };

export const request: ContainerRequest = {
  podName: "web-0",
  podId: "pod",
  containerName: "k8s_web",
  id: "web",
  imageName: "b",
  imageId: image.id,
};

/** A machine that is a set of texts: what there is. Every call that changes it can be made to fail, or to end otherwise. */
export class MemoryMachine {
  /** `lease web`, `snapshot web`, `directories web`, `record web`, `mount /run/web`. */
  readonly there: Set<string> = new Set();
  readonly mounts: Map<string, readonly MountArguments[]> = new Map();
  readonly told: unknown[] = [];
  readonly records: Map<string, ContainerRecord> = new Map();
  readonly containers: Containers & AsyncDisposable;
  /** What is done before the call of this name; throwing makes it fail. */
  before: Readonly<Record<string, () => void>> = {};
  shown: readonly Mount[] = [{ type: "overlay", source: "overlay", options: ["lowerdir=/a"] }];

  constructor(images: Partial<ContainerImages> = {}) {
    this.containers = createContainers(
      {
        images: { ...this.#images(), ...images },
        leases: {
          listLeases: async () => this.#behind("lease ").map((id) => ({ holder: `container ${id}`, resources: [] })),
        },
        index: this.#index(),
        places: this.#places(),
        mounter: this.#mounter(),
        writable: this.#writable(),
        openKeychain: () => ({ find: async () => undefined }),
      },
      { boot: "this boot", now: () => 1_700_000_000_999, onFailure: (error) => void this.told.push(error) },
    );
  }

  #behind(prefix: string): readonly string[] {
    return [...this.there].flatMap((each) => (each.startsWith(prefix) ? [each.slice(prefix.length)] : []));
  }

  async #do(name: string, change: () => void): Promise<void> {
    this.before[name]?.();
    change();
  }

  #images(): ContainerImages {
    return {
      find: async () => image,
      pull: async () => image,
      readConfig: async () => {
        this.before["read config"]?.();
        return new Uint8Array([1]);
      },
      hold: (_image, holder) => this.#do("hold", () => this.there.add(holder.replace("container", "lease"))),
      release: (holder) => this.#do("release", () => this.there.delete(holder.replace("container", "lease"))),
    };
  }

  #index(): ContainerIndex {
    return {
      list: async () => [...this.records.values()],
      find: async (id) => this.records.get(id),
      add: (added) =>
        this.#do("add record", () => {
          this.records.set(added.id, added);
          this.there.add(`record ${added.id}`);
        }),
      setMetadata: (id, metadata) =>
        this.#do("set metadata", () => {
          const found = this.records.get(id);
          if (found !== undefined) this.records.set(id, { ...found, metadata });
        }),
      remove: (id) =>
        this.#do("remove record", () => {
          this.records.delete(id);
          this.there.delete(`record ${id}`);
        }),
      listUnreadable: async () => [],
    };
  }

  #places(): ContainerPlaces {
    const make = async (name: string, id: string): Promise<string> => {
      await this.#do(name, () => this.there.add(`directories ${id}`));
      return `/${name}/${id}`;
    };
    return {
      workDirectory: (id) => make("work directory", id),
      runDirectory: (id) => make("run directory", id),
      letThrough: () => this.#do("let through", () => undefined),
      rootfs: (id) => `/run/${id}`,
      directoriesOf: (id) => [`/run/${id}`],
      remove: (id) => this.#do("remove directories", () => this.there.delete(`directories ${id}`)),
      list: async () => this.#behind("directories "),
    };
  }

  #mounter(): Mounter {
    return {
      mount: (mounts, target) =>
        this.#do("mount", () => {
          this.mounts.set(target, mounts);
          this.there.add(`mount ${target}`);
        }),
      unmount: (target) => this.#do("unmount", () => this.there.delete(`mount ${target}`)),
      isMounted: async (target) => this.there.has(`mount ${target}`),
    };
  }

  #writable(): ContainersDependencies["writable"] {
    const snapshot = (key: string): string => key.replace("container-", "snapshot ");
    const chain = [layer.diffId];
    const find: WritableSnapshots["find"] = async (key) =>
      this.there.has(snapshot(key)) ? { key, chain, volatile: true } : undefined;
    const behind = (): readonly string[] => this.#behind("snapshot ");
    return {
      find,
      create: (key) => this.#do("create snapshot", () => this.there.add(snapshot(key))),
      mounts: async () => {
        this.before["show snapshot"]?.();
        return this.shown;
      },
      usage: async () => ({ bytes: 0, inodes: 0 }),
      remove: (key) => this.#do("remove snapshot", () => this.there.delete(snapshot(key))),
      list: async function* () {
        for (const id of behind()) yield { key: `container-${id}`, chain, volatile: true };
      },
    };
  }
}

/** What makes a call fail. */
export function failing(): never {
  throw new StowageError("data-loss", "Cannot go on: the disk failed");
}
