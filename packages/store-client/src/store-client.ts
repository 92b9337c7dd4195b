import { type CallOptions, type Client, createClient } from "@connectrpc/connect";
import {
  decodeCheckReport,
  decodeDiskAccount,
  decodeImageEvent,
  decodePullEvent,
  decodeRepairs,
  decodeStoredImage,
  encodePullRequest,
  StoreService,
} from "@stowage/cri-api";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type {
  CheckOptions,
  CheckReport,
  DiskAccount,
  HandlerOptions,
  ImageEvent,
  ImageVerbs,
  ListOptions,
  PullOptions,
  RemoveImageOptions,
  Repair,
  ViewOptions,
} from "@stowage/image-service";
import type { Image } from "@stowage/images";
import type { Reference } from "@stowage/reference";
import type { Mount } from "@stowage/snapshots";
import { errorOf } from "./error-of.ts";
import { isAnswered } from "./is-answered.ts";
import { openSocketTransport, type SocketTransport } from "./socket-transport.ts";

/** The verbs that a daemon answers as if the store were opened here. */
export interface StoreClient extends ImageVerbs {
  /** Which store the daemon holds. */
  info(options?: AbortOptions): Promise<StoreInfo>;
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

  constructor(socket: SocketTransport) {
    this.#socket = socket;
    this.#client = createClient(StoreService, socket.transport);
  }

  async info({ signal }: AbortOptions = {}): Promise<StoreInfo> {
    return call(signal, async (options) => {
      const { root, version } = await this.#client.info({}, options);
      return { root, version };
    });
  }

  async pull(reference: Reference, { onProgress, signal, ...asked }: PullOptions = {}): Promise<Image> {
    return call(signal, async (options) => {
      for await (const response of this.#client.pull(encodePullRequest(reference, asked), options)) {
        if (response.event.case === "image") return decodeStoredImage(response.event.value);
        const event = decodePullEvent(response);
        if (event !== undefined) onProgress?.(event);
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
  ): Promise<Image | undefined> {
    return call(signal, async (options) => {
      const { image } = await this.#client.remove({ name, endLease, ...ofHandler(handler) }, options);
      return image === undefined ? undefined : decodeStoredImage(image);
    });
  }

  async view({ id, handler = "" }: Image, { signal, holder = "" }: ViewOptions = {}): Promise<readonly Mount[]> {
    return call(signal, async (options) => (await this.#client.view({ id, handler, holder }, options)).mounts);
  }

  async release(holder: string, { signal }: AbortOptions = {}): Promise<void> {
    await call(signal, (options) => this.#client.release({ holder }, options));
  }

  async collect({ signal }: AbortOptions = {}): Promise<void> {
    await call(signal, (options) => this.#client.collect({}, options));
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

  async *watch({ signal }: AbortOptions = {}): AsyncGenerator<ImageEvent, void, undefined> {
    const leaving = new AbortController(); // who takes no more answers has not ended the call yet
    const either = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
    try {
      for await (const response of this.#client.watch({}, { signal: either })) {
        const event = decodeImageEvent(response);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw errorOf(error);
    } finally {
      leaving.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

function ofHandler(handler: string | undefined): { readonly handler?: string } {
  return handler === undefined ? {} : { handler };
}

async function call<Result>(
  signal: AbortSignal | undefined,
  work: (options: CallOptions) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw errorOf(error);
  }
}
