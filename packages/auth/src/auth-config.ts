import { StowageError } from "@stowage/errors";
import type { HostCredential } from "./credential.ts";
import { type CredentialForms, chooseCredential } from "./credential-forms.ts";
import { hostOf } from "./host.ts";

/** CRI's `AuthConfig`, field by field (cri-api, `runtime.v1.AuthConfig`). */
export interface AuthConfig extends CredentialForms {
  /** The registry the credential is for: a URL or a bare host. */
  readonly serverAddress?: string | undefined;
}

/**
 * The credential of a pull request; `undefined` where every form is empty: the request has none of its own, and the
 * node's may be used.
 * Fails with `invalid-argument` for a malformed form or address and for a password without a name, telling no secret.
 */
export function decodeAuthConfig(config: AuthConfig): HostCredential | undefined {
  const chosen = chooseCredential(config);
  if ("flaw" in chosen) throw refusal(chosen.flaw);
  const { serverAddress = "" } = config;
  const host = hostOf(serverAddress);
  if (serverAddress !== "" && host === undefined) throw refusal("the server address names no host");
  if (chosen.credential === undefined) return undefined;
  return { credential: chosen.credential, ...(host === undefined ? {} : { host }) };
}

function refusal(flaw: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read the credentials of the request: ${flaw}`);
}
