import type { Settings } from "@stowage/config";
import { openSources, openStore, type Store, version } from "@stowage/core";
import { type CriServer, startCriServer } from "@stowage/cri-server";
import { type Maintenance, maintainStore } from "./maintain-store.ts";
import { type ObserveOptions, observeStore } from "./observe-store.ts";
import { socketOwner } from "./socket-owner.ts";

/** A running daemon. Disposing it stops what is under way, closes the store and removes the socket. */
export interface Daemon extends AsyncDisposable {
  readonly address: string;
  /** Takes over what can be set otherwise while it runs. Fails with `invalid-argument`, and changes nothing. */
  apply(settings: Settings): void;
  /** Refuses new calls, and waits until those that are under way have ended, as long as the settings have it. */
  drain(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

export interface DaemonOptions extends Pick<Maintenance, "onFailure" | "onDamage">, Pick<ObserveOptions, "log"> {
  /** The socket, where somebody has made it already. */
  readonly descriptor?: number | undefined;
}

/** Opens the store and serves it on the socket. The store is open, and what it says is true, before the first call is taken. */
export async function startDaemon(settings: Settings, options: DaemonOptions = {}): Promise<Daemon> {
  await using starting = new AsyncDisposableStack();
  let current = settings;
  const store = starting.use(await openStore({ ...settings, onFailure: options.onFailure }));
  const observer = starting.use(await observeStore(store, settings, options));
  const server = starting.use(await serve(store, settings, options));
  await observer.listen();
  starting.use(maintainStore(store, { ...options, check: () => current.check }));
  const running = starting.move();
  return {
    address: settings.address,
    apply(next) {
      store.tune(next);
      current = next;
    },
    async drain({ signal } = {}) {
      const patience = AbortSignal.timeout(Math.min(current.stopTimeout * 1000, maxTimerMilliseconds));
      await server.drain(signal === undefined ? patience : AbortSignal.any([patience, signal]));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Timers of more milliseconds ring at once. */
const maxTimerMilliseconds = 2 ** 31 - 1;

async function serve(
  store: Store,
  { address, socket, registry, runtime, runtimes }: Settings,
  { descriptor }: DaemonOptions,
): Promise<CriServer> {
  return await startCriServer(
    {
      images: store.images,
      containers: store.containers,
      sources: openSources(registry),
      root: store.imageRoot,
      containerFileSystem: store.containerFileSystem,
      storeRoot: store.root,
    },
    {
      socket: { path: address, descriptor, ...socketOwner(socket) },
      version,
      cgroupDriver: runtime.cgroupDriver,
      handlers: Object.keys(runtimes),
    },
  );
}
