import type { RegistryOptions } from "./registry.ts";

/** Whom registries let in. It fails as `Registry` does. */
export interface RegistryAccess {
  /**
   * Asks the own host of a domain whether it takes the credential, which is its only use of it. Fails with `unauthenticated` or
   * `permission-denied` where it does not. A registry that lets everybody in takes any.
   */
  checkAccess(domain: string, options?: RegistryOptions): Promise<void>;
}
