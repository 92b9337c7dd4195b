export { nearest } from "@stowage/toml";
export {
  decodeSettings,
  defaultSettings,
  type MergedSettings,
  mergeSettings,
  type SettingsFile,
} from "./decode-settings.ts";
export { defaultSettingsText } from "./default-settings-text.ts";
export { type MetricsAddress, metricsAddressOf } from "./metrics-address.ts";
export { planReload, type ReloadPlan } from "./plan-reload.ts";
export type { RuntimeSettings, Settings } from "./settings.ts";
export { settingsPage } from "./settings-page.ts";
export { showSettings } from "./show-settings.ts";
