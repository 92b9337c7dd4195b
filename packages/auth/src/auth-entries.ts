import { z } from "zod";
import { type CredentialForms, chooseCredential } from "./credential-forms.ts";

const text = z.string().nullish();

/** The forms of a credential that an entry of an auth file may have. */
export const entrySchema: z.ZodType<CredentialForms> = z
  .object({ auth: text, username: text, password: text, identitytoken: text, registrytoken: text })
  .transform(({ auth, username, password, identitytoken, registrytoken }) => ({
    auth: auth ?? "",
    username: username ?? "",
    password: password ?? "",
    identityToken: identitytoken ?? "",
    registryToken: registrytoken ?? "",
  }));

export type Entries = Readonly<Record<string, CredentialForms>>;

/** The fields of a `.dockercfg` that hold a credential; it has no `auths` around them. */
export function legacyEntries(fields: Readonly<Record<string, unknown>>): Entries {
  const entries: [string, CredentialForms][] = [];
  for (const [key, value] of Object.entries(fields)) {
    const entry = entrySchema.safeParse(value);
    if (entry.success && !isSetting(key)) entries.push([key, entry.data]);
  }
  return Object.fromEntries(entries);
}

/** Whether a file without `auths` is a `.dockercfg`: a credential, or a damaged one, is in its fields. */
export function isLegacy(fields: Readonly<Record<string, unknown>>): boolean {
  return Object.values(legacyEntries(fields)).some((forms) => {
    const chosen = chooseCredential(forms);
    return "flaw" in chosen || chosen.credential !== undefined;
  });
}

/** Whether a field of that name is never an entry, whatever it holds. */
export function isSetting(key: string): boolean {
  return settings.has(key);
}

const settings: ReadonlySet<string> = new Set(["auths", "credHelpers", "HttpHeaders", "proxies", "plugins", "aliases"]);
