import type { Settings } from "@stowage/config";
import { openStore, version } from "@stowage/core";
import { startCriServer } from "@stowage/cri-server";
import { type Maintenance, maintainStore } from "./maintain-store.ts";

/** A running daemon. Disposing it stops what is under way, closes the store and removes the socket. */
export interface Daemon extends AsyncDisposable {
  readonly address: string;
}

export type DaemonOptions = Pick<Maintenance, "onFailure" | "onDamage">;

/** Opens the store and serves it on the socket. The store is open, and what it says is true, before the first call is taken. */
export async function startDaemon(settings: Settings, options: DaemonOptions = {}): Promise<Daemon> {
  await using starting = new AsyncDisposableStack();
  const { address, runtime } = settings;
  const store = await openStore({ ...settings, onFailure: options.onFailure });
  starting.use(store);
  const server = await startCriServer(
    {
      images: store.images,
      root: store.imageRoot,
      storeRoot: store.root,
    },
    { address, version, cgroupDriver: runtime.cgroupDriver, handlers: Object.keys(settings.runtimes) },
  );
  starting.use(server);
  starting.use(maintainStore(store, { check: settings.check, ...options }));
  const running = starting.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
