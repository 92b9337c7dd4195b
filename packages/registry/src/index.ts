export {
  type CredentialScope,
  type HostCapability,
  type Hosts,
  type HostTrust,
  type Keychain,
  type RegistryHost,
} from "./host.ts";
export {
  type BlobOptions,
  type ByteRange,
  type FetchedDocument,
  type Registry,
  type RegistryOptions,
  type Repository,
} from "./registry.ts";
export { type HostFailure, RegistryError, type RegistryFailure, RegistryUnavailableError } from "./registry-error.ts";
export { type RegistryEvent } from "./registry-event.ts";
