export { type AuthConfig, decodeAuthConfig } from "./auth-config.ts";
export {
  type AuthFile,
  decodeAuthFile,
  type FoundCredential,
  findCredential,
  findCredentialHelper,
} from "./auth-file.ts";
export { type Credential, credentialForHost, type HostCredential } from "./credential.ts";
export { withLogin, withoutLogin } from "./edit-auth-file.ts";
export { hostOf, quoteAddress, serverAddressOf } from "./host.ts";
export { checkLogin, type Login } from "./login.ts";
export { Secret } from "./secret.ts";
