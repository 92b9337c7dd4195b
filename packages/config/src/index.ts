export {
  decodeSettings,
  defaultSettings,
  type MergedSettings,
  mergeSettings,
  type SettingsFile,
} from "./decode-settings.ts";
export { type MetricsAddress, metricsAddressOf } from "./metrics-address.ts";
export { planReload, type ReloadPlan } from "./plan-reload.ts";
export type { RuntimeSettings, Settings } from "./settings.ts";
