export { decodeToml, type TomlFile } from "./decode-toml.ts";
export { nearest } from "./nearest.ts";
