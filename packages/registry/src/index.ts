export { type RegistryAccess } from "./access.ts";
export {
  type CredentialScope,
  type HostCapability,
  type Hosts,
  type HostTrust,
  type Keychain,
  type Names,
  type NamespacedKeychains,
  type PlanOptions,
  type RegistryHost,
} from "./host.ts";
export {
  type ReferrerDescriptor,
  type ReferrersOptions,
  type RegistryListing,
  type TagsOptions,
} from "./listing.ts";
export {
  type BlobPush,
  type PushBlobOptions,
  type PushedBlob,
  type PushedDocument,
  type RegistryPushing,
} from "./pushing.ts";
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
