import { hostOf } from "./host.ts";
import type { Secret } from "./secret.ts";

/**
 * What proves to a registry who is asking: a name and password; an OAuth2 refresh token, which buys bearer tokens
 * (docker calls it identity token); or a bearer token, which is sent as it is.
 */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret }
  | { readonly kind: "identity-token"; readonly token: Secret }
  | { readonly kind: "registry-token"; readonly token: Secret };

/** A credential and the one host it is for, normalised; without a host it is for whichever registry the call names. */
export interface HostCredential {
  readonly credential: Credential;
  readonly host?: string;
}

/** The credential, if it is for the registry of `domain`. Names of Docker Hub are equal, ports are compared as written. */
export function credentialForHost(given: HostCredential | undefined, domain: string): Credential | undefined {
  if (given?.host === undefined) return given?.credential;
  return given.host === hostOf(domain) ? given.credential : undefined;
}
