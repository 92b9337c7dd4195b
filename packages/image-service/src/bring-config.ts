import type { ContentStore } from "@stowage/content";
import { algorithmOf, collectBytes, type Descriptor, digestOf, maxConfigBytes } from "@stowage/oci";
import type { Registry, RegistryEvent, RegistryOptions, Repository } from "@stowage/registry";
import type { JoinOptions, SharedWork } from "@stowage/shared-work";
import { shareKey } from "./fetch-blob.ts";

export interface ConfigDependencies {
  readonly registry: Registry;
  readonly content: ContentStore;
  /** Of all pulls, so that each config comes once. */
  readonly configs: SharedWork<Uint8Array, RegistryEvent>;
}

interface WantedConfig {
  readonly config: Descriptor;
  readonly repository: Repository;
}

/**
 * The bytes of a config: what is here already, or else what the registry has, asked once for all who want it until `shares` are
 * disposed of.
 */
export async function bringConfig(
  { registry, content, configs }: ConfigDependencies,
  { config, repository }: WantedConfig,
  { shares, ...options }: RegistryOptions & Pick<JoinOptions, "shares">,
): Promise<Uint8Array> {
  const known = await readHere(content, config);
  if (known !== undefined) return known;
  const fetch = (signal: AbortSignal, onEvent: (event: RegistryEvent) => void) =>
    collectBytes(registry.blob(repository, config, { ...options, signal, onEvent }), maxConfigBytes);
  const { signal, onEvent: onProgress } = options;
  return await configs.join(shareKey({ repository }, config.digest), fetch, { signal, shares, onProgress });
}

/** What is missing here, or is not what its name says, is `undefined`. */
async function readHere(
  content: ConfigDependencies["content"],
  { digest, size }: Descriptor,
): Promise<Uint8Array | undefined> {
  if (size > maxConfigBytes || (await content.find(digest))?.size !== size) return undefined;
  const bytes = await collectBytes(content.read(digest), maxConfigBytes).catch(() => undefined);
  return bytes !== undefined && digestOf(bytes, algorithmOf(digest)) === digest ? bytes : undefined;
}
