export { type AuthFilePlace, authFilePlaces, type Environment, type Surroundings } from "./auth-file-places.ts";
export { forgetLogin, type LoginPlace, type LoginsOptions, storeLogin } from "./logins.ts";
export { openNamespacedKeychains } from "./namespaced-keychains.ts";
export {
  type CredentialSource,
  type KeychainOptions,
  type LocatedCredential,
  type LocatingKeychain,
  openKeychain,
} from "./open-keychain.ts";
