import { setTimeout } from "node:timers/promises";
import type { Settings } from "@stowage/config";
import { openStore, version } from "@stowage/core";
import { startCriServer } from "@stowage/cri-server";
import type { ImageService } from "@stowage/image-service";

/** A running daemon. Disposing it stops what is under way, closes the store and removes the socket. */
export interface Daemon extends AsyncDisposable {
  readonly address: string;
}

export interface DaemonOptions {
  /** Told of what fails in the background, where no caller is to be told. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** Opens the store and serves it on the socket. The store is open, and what it says is true, before the first call is taken. */
export async function startDaemon(settings: Settings, { onFailure }: DaemonOptions = {}): Promise<Daemon> {
  await using starting = new AsyncDisposableStack();
  const { address, runtime } = settings;
  const store = await openStore(settings);
  starting.use(store);
  const server = await startCriServer(
    {
      images: store.images,
      root: store.imageRoot,
      storeRoot: store.root,
    },
    { address, version, cgroupDriver: runtime.cgroupDriver },
  );
  starting.use(server);
  const ending = new AbortController();
  const collecting = collectRegularly(store.images, { signal: ending.signal, onFailure });
  starting.defer(async () => {
    ending.abort();
    await collecting;
  });
  const running = starting.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Failed pulls leave blobs for their retry, and mounted layers outlive their image: both are looked at this often. */
const collectMilliseconds = 60 * 60 * 1000;

async function collectRegularly(
  images: ImageService,
  { signal, onFailure }: DaemonOptions & { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await images.collect({ signal }).catch((error: unknown) => {
      if (!signal.aborted) onFailure?.(error);
    });
    await setTimeout(collectMilliseconds, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
