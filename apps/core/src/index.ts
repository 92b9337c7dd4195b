export { nodePlatform } from "./node-platform.ts";
export { openNodeKeychain, openNodeNames, openRegistryTools, type RegistryTools } from "./open-registry.ts";
export { imagesMeant, openSources, transportOf } from "./open-sources.ts";
export { type ContainerFileSystem, openStore, type Store, type StoreSettings } from "./open-store.ts";
export { findPathOwner } from "./path-owner.ts";
export { readSettings, readSettingsSources, type SettingsSources } from "./read-settings.ts";
export { type TunableSettings } from "./service-settings.ts";
export { version } from "./version.ts";
