export {
  type CredentialScope,
  type HostCapability,
  type Hosts,
  type HostTrust,
  type Keychain,
  type RegistryHost,
} from "./host.ts";
export { type FetchedDocument, type Registry, type RegistryOptions, type Repository } from "./registry.ts";
export { type HostFailure, RegistryUnavailableError } from "./registry-error.ts";
