import { nodePlatform } from "@stowage/core";
import { choosePlatform, formatPlatform, type Platform } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { Registry, RegistryOptions } from "@stowage/registry";

/** An image that is to be pulled. */
export interface WantedImage {
  readonly reference: Reference;
  /** This machine's, where it is left out. */
  readonly platform?: Platform | undefined;
}

/**
 * The images of all platforms that a name stands for: this machine's by that name, the others each by its digest. What is for no
 * platform, like an attestation, is left out.
 */
export async function listPlatforms(
  registry: Registry,
  reference: Reference,
  options: RegistryOptions,
): Promise<readonly WantedImage[]> {
  const { document } = await registry.resolve(reference, options);
  if (document.kind !== "index") return [{ reference }];
  const own = choosePlatform(document.manifests, nodePlatform());
  const { domain, path } = reference;
  return document.manifests
    .filter(({ platform }) => platform !== undefined && formatPlatform(platform) !== "unknown/unknown")
    .map((entry) =>
      entry === own ? { reference } : { reference: { domain, path, digest: entry.digest }, platform: entry.platform },
    );
}
