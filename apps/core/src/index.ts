export { nodePlatform } from "./node-platform.ts";
export { openStore, type Store, type StoreSettings } from "./open-store.ts";
export { readCredential } from "./read-credential.ts";
export { readSettings } from "./read-settings.ts";
export { version } from "./version.ts";
