export { type AuthFilePlace, authFilePlaces, type Environment, type Surroundings } from "./auth-file-places.ts";
export { type KeychainOptions, openKeychain } from "./open-keychain.ts";
