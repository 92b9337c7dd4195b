export { decodeToml, type TomlFile } from "./decode-toml.ts";
export { formatToml, formatTomlKey, type TomlValue } from "./format-toml.ts";
export { nearest } from "./nearest.ts";
