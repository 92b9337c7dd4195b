import { StowageError } from "@stowage/errors";
import { z } from "zod";
import { type Entries, entrySchema, legacyEntries } from "./auth-entries.ts";
import { parseAuthJson } from "./auth-json.ts";
import type { Credential } from "./credential.ts";
import { chooseCredential } from "./credential-forms.ts";
import { scopeOf } from "./entry-scope.ts";
import { hostOf } from "./host.ts";

/**
 * What docker's `config.json`, podman's `auth.json` or the older `.dockercfg` knows: credentials, and the programs that
 * know more (`docker-credential-<name>`, docker-credential-helpers).
 */
export interface AuthFile {
  /** What the file is called in messages. */
  readonly name: string;
  /** By `host[:port]` or `host[:port]/path/of/repository`. */
  readonly credentials: ReadonlyMap<string, Credential>;
  /** The name of the program for a `host[:port]`. */
  readonly credHelpers: ReadonlyMap<string, string>;
  /** The name of the program for every other host. */
  readonly credsStore?: string;
}

/**
 * Reads an auth file; blank is as good as empty, and unknown fields are let be.
 * Fails with `invalid-argument` for a damaged one, with `name` in the message and nothing of the content.
 */
export function decodeAuthFile(content: Uint8Array | string, name: string): AuthFile {
  const json = parseAuthJson(content);
  if (json === undefined) throw damaged(name, "it is not JSON");
  const read = fileSchema.safeParse(json);
  if (!read.success) throw damaged(name, whereItDiffers(read.error));
  const { auths, credHelpers, credsStore } = read.data;
  return {
    name,
    credentials: decodeEntries(auths ?? legacyEntries(z.record(z.string(), z.unknown()).parse(json)), name),
    credHelpers: byHost(Object.entries(credHelpers ?? {})),
    ...(credsStore ? { credsStore } : {}),
  };
}

/** The credential for a repository: the entry of its longest path (podman, containers-auth.json(5)), last that of its host. */
export function findCredential(
  { credentials }: AuthFile,
  { domain, path }: { readonly domain: string; readonly path: string },
): FoundCredential | undefined {
  const host = hostOf(domain) ?? domain;
  const components = path.split("/");
  for (let length = components.length; length >= 0; length -= 1) {
    const scope = [host, ...components.slice(0, length)].join("/");
    const credential = credentials.get(scope);
    if (credential !== undefined) return { credential, scope };
  }
  return undefined;
}

/** A credential, and what it is for: `host[:port]` or `host[:port]/path/of/repository`. */
export interface FoundCredential {
  readonly credential: Credential;
  readonly scope: string;
}

/**
 * The name of the program that a file has for this very host; `""` where it says that there is to be none, not even
 * `credsStore`.
 */
export function findCredentialHelper({ credHelpers }: AuthFile, domain: string): string | undefined {
  return credHelpers.get(hostOf(domain) ?? domain);
}

/** The name becomes part of a program's name, so it must not lead elsewhere. */
const helperName = z.string().regex(/^[\w.+-]*$/, { error: "expected the name of a credential program" });

const fileSchema = z.object({
  auths: z.record(z.string(), entrySchema).nullish(),
  credHelpers: z.record(z.string(), helperName).nullish(),
  credsStore: helperName.nullish(),
});

function decodeEntries(entries: Entries, name: string): ReadonlyMap<string, Credential> {
  const credentials: [string, Credential][] = [];
  for (const [key, forms] of Object.entries(entries)) {
    const chosen = chooseCredential(forms);
    if ("flaw" in chosen)
      throw damaged(name, `${chosen.flaw} (at ${JSON.stringify(scopeOf(key) ?? "a key that is no host")})`);
    if (chosen.credential !== undefined) credentials.push([key, chosen.credential]);
  }
  return byHost(credentials);
}

/** Entries under normalised keys. Where two keys come to the same, the one that is written that way wins. */
function byHost<Value>(entries: readonly (readonly [string, Value])[]): ReadonlyMap<string, Value> {
  const found = new Map<string, Value>();
  for (const [key, value] of entries) {
    const scope = scopeOf(key);
    if (scope !== undefined && (scope === key || !found.has(scope))) found.set(scope, value);
  }
  return found;
}

/** Where a field differs, by the names of fields only: a key may hold a password in a URL. */
function whereItDiffers(error: z.ZodError): string {
  const [issue] = error.issues;
  const fields = (issue?.path ?? []).map(String).filter((part) => part in fileSchema.shape || part in entryFields);
  return fields.length === 0 ? "it is not a JSON object" : `its ${fields.join(".")} is not as it should be`;
}

const entryFields: Readonly<Record<string, true>> = {
  auth: true,
  username: true,
  password: true,
  identitytoken: true,
  registrytoken: true,
};

function damaged(name: string, why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read auth file ${JSON.stringify(name)}: ${why}`);
}
