import type { Image } from "@stowage/images";
import type { Reference } from "@stowage/reference";
import type { NamespacedKeychains } from "@stowage/registry";
import { type BringOptions, type PullDependencies, pullImage } from "./pull-image.ts";

export interface NamespaceDependencies extends PullDependencies {
  readonly namespacedKeychains?: NamespacedKeychains | undefined;
}

/** Pulls an image with the credentials that were laid down for this one pull, where there are such, in place of the machine's. */
export async function pullForNamespace(
  { namespacedKeychains, ...dependencies }: NamespaceDependencies,
  reference: Reference,
  { namespace, ...options }: BringOptions,
): Promise<Image> {
  const { signal } = options;
  const keychain =
    namespace === undefined ? undefined : await namespacedKeychains?.take(namespace, reference, { signal });
  return await pullImage(dependencies, reference, { ...options, namespace, ...(keychain && { keychain }) });
}
