import type { Settings } from "@stowage/config";
import { openStore, readSettings } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import type { ImageService } from "@stowage/image-service";
import { LockHeldError } from "@stowage/linux";
import type { PlaceOptions } from "./place-options.ts";

/** What the verbs ask, of the store itself or of the daemon that holds it. */
export type Images = Pick<ImageService, "pull" | "list" | "find" | "remove" | "view" | "readConfig">;

export interface OpenImages extends AsyncDisposable {
  readonly images: Images;
  readonly settings: Settings;
}

/**
 * Opens the store; where a daemon holds it, talks to that instead. With an address and no root, it is the daemon or
 * nobody. Fails with `failed-precondition` where the store is held and no daemon answers.
 */
export async function openImages(options: PlaceOptions): Promise<OpenImages> {
  const configured = await readSettings(options.config);
  const settings = {
    ...configured,
    root: options.root ?? configured.root,
    address: options.address ?? configured.address,
  };
  if (options.address !== undefined && options.root === undefined) return connect(settings, "no daemon answers there");
  try {
    const { root, registry, pull } = settings;
    const store = await openStore({ root, plainHttp: registry.plainHttp, concurrentLayers: pull.concurrentLayers });
    return { images: store.images, settings, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    return connect(settings, `${error.holder} holds the store "${settings.root}", and no daemon answers there`);
  }
}

async function connect(settings: Settings, otherwise: string): Promise<OpenImages> {
  const { findStore } = await import("@stowage/store-client");
  const client = await findStore(settings.address);
  if (client === undefined) {
    throw new StowageError("failed-precondition", `Cannot connect to "${settings.address}": ${otherwise}`);
  }
  return { images: client, settings, [Symbol.asyncDispose]: async () => client[Symbol.dispose]() };
}
