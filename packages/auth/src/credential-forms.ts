import { decodeBasicAuth } from "./basic-auth.ts";
import type { Credential } from "./credential.ts";
import { Secret } from "./secret.ts";

/** The forms in which CRI and auth files write a credential; an empty text is as good as none. */
export interface CredentialForms {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Base64 of `username:password`. */
  readonly auth?: string | undefined;
  readonly identityToken?: string | undefined;
  readonly registryToken?: string | undefined;
}

/** What came of reading the forms: a credential, none, or what is wrong with them, repeating nothing of them. */
export type ChosenCredential = { readonly credential: Credential | undefined } | { readonly flaw: string };

/**
 * The credential among `forms`: the registry token before the name and password, these before the identity token, and
 * `auth` last. A form that is malformed is a flaw even where another one would be chosen.
 */
export function chooseCredential(forms: CredentialForms): ChosenCredential {
  const flaw = flawOf(forms);
  if (flaw !== undefined) return { flaw };
  const decoded = forms.auth ? decodeBasicAuth(forms.auth) : undefined;
  if (decoded !== undefined && "flaw" in decoded) return decoded;
  const { username, password = "", identityToken, registryToken } = forms;
  if (registryToken) return { credential: { kind: "registry-token", token: new Secret(registryToken) } };
  if (username) return { credential: { kind: "basic", username, password: new Secret(password) } };
  if (identityToken) return { credential: { kind: "identity-token", token: new Secret(identityToken) } };
  return { credential: decoded === undefined ? undefined : { kind: "basic", ...decoded } };
}

function flawOf({ username, password, registryToken }: CredentialForms): string | undefined {
  if (password && !username) return "there is a password and no user name";
  if (registryToken && /[^\x21-\x7e]/.test(registryToken))
    return "the registry token has a character that no header may have";
  return undefined;
}
