import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { type FakeRegistry, type FakeRegistryOptions, startRegistry } from "@stowage/registry-fake";
import { onTestFinished } from "vitest";
import { openStore, type Store, type StoreSettings } from "./index.ts";

/** A directory that goes with the test. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A store in `root` that closes with the test, and in which a finished pull holds nothing. */
export async function scratchStore(root?: string, registry?: StoreSettings["registry"]): Promise<Store> {
  const pull = { ...defaultSettings.pull, lease: 0 };
  const store = await openStore({ root: root ?? (await scratchDirectory()), registry, pull });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

/** A registry that ends with the test. */
export async function scratchRegistry(options?: FakeRegistryOptions): Promise<FakeRegistry> {
  const registry = await startRegistry(options);
  onTestFinished(() => registry[Symbol.asyncDispose]());
  return registry;
}
