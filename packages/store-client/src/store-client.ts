import { type Client, createClient } from "@connectrpc/connect";
import type { ContainerVerbs } from "@stowage/containers";
import {
  decodeCheckReport,
  decodeCollection,
  decodeDiskAccount,
  decodeHolds,
  decodeImageEvent,
  decodePullEvent,
  decodeRemoval,
  decodeRepairs,
  decodeStoredImage,
  decodeUntagging,
  decodeUsage,
  encodePullRequest,
  encodeReadBlobRequest,
  type StoredImage,
  StoreService,
} from "@stowage/cri-api";
import { type AbortOptions, StowageError } from "@stowage/errors";
import {
  type CheckOptions,
  type CheckReport,
  type Collection,
  type CollectionOptions,
  type DiskAccount,
  type HandlerOptions,
  type Hold,
  type ImageEvent,
  type ImageSource,
  type ImageVerbs,
  type ListOptions,
  type LoadOptions,
  type Pin,
  type PullOptions,
  pacedProgress,
  type ReadBlobOptions,
  type Removal,
  type RemoveImageOptions,
  type Repair,
  type TagOptions,
  type Untagging,
  type ViewOptions,
} from "@stowage/image-service";
import type { Image } from "@stowage/images";
import type { Digest } from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import type { Mount, Usage } from "@stowage/snapshots";
import { answers, call } from "./call-daemon.ts";
import { isAnswered } from "./is-answered.ts";
import { lateContainers } from "./late-containers.ts";
import { loadOver } from "./load-over.ts";
import { openSocketTransport, type SocketTransport } from "./socket-transport.ts";

/** The verbs that a daemon answers as if the store were opened here. */
export interface StoreClient extends ImageVerbs {
  /** Which store the daemon holds. */
  info(options?: AbortOptions): Promise<StoreInfo>;
  /** The containers of that store. Directories are the daemon's: a caller in another mount namespace may not see them. */
  readonly containers: ContainerVerbs;
}

export interface StoreInfo {
  /** The absolute path of the store's directory. */
  readonly root: string;
  /** Of the daemon, a semantic version. */
  readonly version: string;
}

/** Talks to the daemon at the unix socket `address`. Its errors arrive with the codes they had there. */
export function connectStore(address: string): StoreClient & Disposable {
  return new SocketStoreClient(openSocketTransport(address));
}

/** The same where a daemon answers at `address`; `undefined` where none does. */
export async function findStore(address: string): Promise<(StoreClient & Disposable) | undefined> {
  return (await isAnswered(address)) ? connectStore(address) : undefined;
}

class SocketStoreClient implements StoreClient, Disposable {
  readonly #socket: SocketTransport;
  readonly #client: Client<typeof StoreService>;
  readonly containers: ContainerVerbs;

  constructor(socket: SocketTransport) {
    this.#socket = socket;
    this.containers = lateContainers(async () => {
      const { containerClient } = await import("./container-client.ts");
      return containerClient(socket.transport);
    });
    this.#client = createClient(StoreService, socket.transport);
  }

  async info({ signal }: AbortOptions = {}): Promise<StoreInfo> {
    return call(signal, async (options) => {
      const { root, version } = await this.#client.info({}, options);
      return { root, version };
    });
  }

  async pull(reference: Reference, { signal, ...asked }: PullOptions = {}): Promise<Image> {
    return call(signal, async (options) => {
      using progress = pacedProgress(asked);
      for await (const response of this.#client.pull(encodePullRequest(reference, asked), options)) {
        if (response.event.case === "image") return decodeStoredImage(response.event.value);
        const event = decodePullEvent(response);
        if (event !== undefined) progress.tell(event);
      }
      throw new StowageError("internal", "Cannot pull: the daemon gave no answer");
    });
  }

  async list({ signal, damagedToo = false }: ListOptions = {}): Promise<readonly Image[]> {
    return call(signal, async (options) =>
      (await this.#client.list({ damagedToo }, options)).images.map(decodeStoredImage),
    );
  }

  async find(name: string, { signal, handler }: HandlerOptions = {}): Promise<Image | undefined> {
    return call(signal, async (options) => {
      const { image } = await this.#client.find({ name, ...ofHandler(handler) }, options);
      return image === undefined ? undefined : decodeStoredImage(image);
    });
  }

  async remove(
    name: string,
    { signal, handler, endLease = false }: RemoveImageOptions = {},
  ): Promise<Removal | undefined> {
    return call(signal, async (options) =>
      decodeRemoval(await this.#client.remove({ name, endLease, ...ofHandler(handler) }, options)),
    );
  }

  async tag(name: string, to: Reference, { signal, handler, force = false }: TagOptions = {}): Promise<Image> {
    return call(signal, async (options) => {
      const request = { name, reference: formatReference(to), force, ...ofHandler(handler) };
      return imageIn(await this.#client.tag(request, options));
    });
  }

  async untag(name: Reference, { signal, handler }: HandlerOptions = {}): Promise<Untagging | undefined> {
    return call(signal, async (options) =>
      decodeUntagging(await this.#client.untag({ reference: formatReference(name), ...ofHandler(handler) }, options)),
    );
  }

  async pins({ signal }: AbortOptions = {}): Promise<readonly Pin[]> {
    return call(signal, async (options) => (await this.#client.listPins({}, options)).pins.map(pinIn));
  }

  async pin(name: string, { signal }: AbortOptions = {}): Promise<Pin> {
    return call(signal, async (options) => pinIn(await this.#client.pin({ name }, options)));
  }

  async unpin(name: string, { signal }: AbortOptions = {}): Promise<Pin> {
    return call(signal, async (options) => pinIn(await this.#client.unpin({ name }, options)));
  }

  async load(source: ImageSource, options: LoadOptions = {}): Promise<Image> {
    return call(options.signal, () => loadOver(this.#client, source, options));
  }

  async view({ id, handler = "" }: Image, { signal, holder = "" }: ViewOptions = {}): Promise<readonly Mount[]> {
    return call(signal, async (options) => (await this.#client.view({ id, handler, holder }, options)).mounts);
  }

  async release(holder: string, { signal }: AbortOptions = {}): Promise<void> {
    await call(signal, (options) => this.#client.release({ holder }, options));
  }

  async collect({ signal, dryRun = false }: CollectionOptions = {}): Promise<Collection> {
    return call(signal, async (options) => decodeCollection(await this.#client.collect({ dryRun }, options)));
  }

  async holds({ signal }: AbortOptions = {}): Promise<readonly Hold[]> {
    return call(signal, async (options) => decodeHolds(await this.#client.listHolds({}, options)));
  }

  async usage({ signal }: AbortOptions = {}): Promise<Usage> {
    return call(signal, async (options) => decodeUsage((await this.#client.usage({}, options)).usage));
  }

  async check({ signal, level }: CheckOptions): Promise<CheckReport> {
    return call(signal, async (options) => decodeCheckReport(await this.#client.check({ level }, options)));
  }

  async repair({ signal }: PullOptions = {}): Promise<readonly Repair[]> {
    return call(signal, async (options) => decodeRepairs(await this.#client.repair({}, options)));
  }

  async account({ signal }: AbortOptions = {}): Promise<DiskAccount> {
    return call(signal, async (options) => decodeDiskAccount(await this.#client.account({}, options)));
  }

  async readConfig({ id, handler = "" }: Image, { signal }: AbortOptions = {}): Promise<Uint8Array> {
    return call(signal, async (options) => (await this.#client.readConfig({ id, handler }, options)).config);
  }

  async *readBlob(
    { id, handler = "" }: Image,
    digest: Digest,
    { signal, ...asked }: ReadBlobOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const request = encodeReadBlobRequest({ id, handler, digest, ...asked });
    for await (const { data } of answers(signal, (options) => this.#client.readBlob(request, options))) yield data;
  }

  async *watch({ signal }: AbortOptions = {}): AsyncGenerator<ImageEvent, void, undefined> {
    for await (const response of answers(signal, (options) => this.#client.watch({}, options))) {
      const event = decodeImageEvent(response);
      if (event !== undefined) yield event;
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

function ofHandler(handler: string | undefined): { readonly handler?: string } {
  return handler === undefined ? {} : { handler };
}

function imageIn({ image }: { readonly image?: StoredImage | undefined }): Image {
  if (image === undefined) throw new StowageError("internal", "Cannot read the answer of the daemon: it has no image");
  return decodeStoredImage(image);
}

function pinIn({ pattern, by }: { readonly pattern: string; readonly by?: string }): Pin {
  return { pattern, by: by === "settings" ? "settings" : "somebody" };
}
