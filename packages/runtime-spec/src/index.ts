export { type ProcessUser, resolveUser, type UserDatabase } from "./resolve-user.ts";
export { type RuntimeConfig, type RuntimeRequest, runtimeConfigOf } from "./runtime-config.ts";
