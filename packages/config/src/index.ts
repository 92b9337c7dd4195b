export { decodeSettings, defaultSettings, type Settings } from "./settings.ts";
