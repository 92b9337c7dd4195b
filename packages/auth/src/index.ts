export { type AuthConfig, decodeAuthConfig } from "./auth-config.ts";
export {
  type AuthFile,
  decodeAuthFile,
  type FoundCredential,
  findCredential,
  findCredentialHelper,
} from "./auth-file.ts";
export { type Credential, credentialForHost, type HostCredential } from "./credential.ts";
export { type Login, withLogin, withoutLogin } from "./edit-auth-file.ts";
export { hostOf, serverAddressOf } from "./host.ts";
export { Secret } from "./secret.ts";
