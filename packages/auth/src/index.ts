export { type AuthConfig, decodeAuthConfig } from "./auth-config.ts";
export { type AuthFile, decodeAuthFile, findCredential } from "./auth-file.ts";
export { type Credential, credentialForHost, type HostCredential } from "./credential.ts";
export { Secret } from "./secret.ts";
