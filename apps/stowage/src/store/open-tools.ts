import { openRegistryTools, type RegistryTools, readSettings } from "@stowage/core";
import type { CommonOptions } from "./common-options.ts";
import type { RegistryOptions } from "./registry-options.ts";

/** Registries as the settings have them, for who asks them without the store. */
export async function openTools({
  config,
  authfile,
}: Pick<CommonOptions, "config"> & Pick<RegistryOptions, "authfile">): Promise<RegistryTools> {
  const { registry } = await readSettings(config);
  return openRegistryTools({ ...registry, authFile: authfile ?? registry.authFile });
}
