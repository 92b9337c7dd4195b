export { type FetchedDocument, type Registry, type RegistryOptions, type Repository } from "./registry.ts";
export { type HostFailure, RegistryUnavailableError } from "./registry-error.ts";
