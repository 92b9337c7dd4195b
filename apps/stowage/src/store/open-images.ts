import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import type { Settings } from "@stowage/config";
import type { ContainerVerbs } from "@stowage/containers";
import { readSettings } from "@stowage/core";
import { type ErrorCode, ifThere, StowageError } from "@stowage/errors";
import type { ImageVerbs } from "@stowage/image-service";
import type { CommonOptions } from "./common-options.ts";

export interface OpenImages extends AsyncDisposable {
  /** Of the store itself, or of the daemon that holds it. */
  readonly images: ImageVerbs;
  readonly containers: ContainerVerbs;
  /** Where the store is, without links on the way. */
  readonly root: string;
  readonly settings: Settings;
}

/**
 * Opens the store; where a daemon holds it, talks to that instead. With an address and no root, it is the daemon or
 * nobody. Fails with `failed-precondition` where the store is held and no daemon answers.
 */
export async function openImages(
  options: CommonOptions,
  { authFile }: { readonly authFile?: string | undefined } = {},
): Promise<OpenImages> {
  const settings = await settingsOf(options, authFile);
  if (isAnyStore(options)) return connect(settings, { otherwise: noDaemon });
  return (await findHolder(settings)) ?? (await open(settings));
}

/** The daemon alone, for what only daemons do. Fails with `unavailable` where none answers. */
export async function openDaemon(options: CommonOptions): Promise<OpenImages> {
  const settings = await settingsOf(options);
  const root = isAnyStore(options) ? undefined : ((await ifThere(realpath(settings.root))) ?? settings.root);
  return connect(settings, { root, otherwise: noDaemon, code: "unavailable" });
}

/** The settings, and what the options say instead. */
export async function settingsOf({ config, root, address }: CommonOptions, authFile?: string): Promise<Settings> {
  const configured = await readSettings(config);
  return {
    ...configured,
    registry: { ...configured.registry, authFile: authFile ?? configured.registry.authFile },
    root: root ?? configured.root,
    address: address ?? configured.address,
  };
}

/** Whether the daemon is what is meant, whichever store it holds. */
export function isAnyStore({ root, address }: CommonOptions): boolean {
  return address !== undefined && root === undefined;
}

/** The daemon that holds the very store. Looking for it first saves loading all that a store is made of. */
async function findHolder(settings: Settings): Promise<OpenImages | undefined> {
  const root = await ifThere(realpath(settings.root));
  if (root === undefined || !existsSync(settings.address)) return undefined;
  try {
    return await connect(settings, { root, otherwise: noDaemon });
  } catch (error) {
    if (!(error instanceof StowageError)) throw error;
    return undefined; // then the store itself says who holds it
  }
}

async function open(settings: Settings): Promise<OpenImages> {
  const { LockHeldError, openStore } = await import("./open-own-store.ts");
  try {
    const store = await openStore(settings);
    return {
      images: store.images,
      containers: store.containers,
      root: store.root,
      settings,
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    const held = `${error.holder} holds the store "${settings.root}"`;
    return connect(settings, {
      root: await realpath(settings.root),
      otherwise: `${held}, and no daemon answers there`,
    });
  }
}

interface Connecting {
  /** The store that is meant; where it is left out, the daemon's, whichever that is. */
  readonly root?: string | undefined;
  /** What is so where no daemon answers. */
  readonly otherwise: string;
  readonly code?: ErrorCode;
}

const noDaemon = "no daemon answers there";

async function connect(settings: Settings, { root, otherwise, code }: Connecting): Promise<OpenImages> {
  const { findStore } = await import("@stowage/store-client");
  const client = await findStore(settings.address);
  if (client === undefined) throw cannotConnect(settings, otherwise, code);
  const held = (await client.info()).root;
  if (root !== undefined && held !== root) {
    client[Symbol.dispose]();
    throw cannotConnect(settings, `the daemon there holds the store "${held}", and not "${root}"`);
  }
  const { containers } = client;
  return {
    images: client,
    containers,
    root: held,
    settings,
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

function cannotConnect({ address }: Settings, why: string, code: ErrorCode = "failed-precondition"): StowageError {
  return new StowageError(code, `Cannot connect to "${address}": ${why}`);
}
