import { StowageError } from "@stowage/errors";
import { isLegacy, isSetting, legacyEntries } from "./auth-entries.ts";
import { parseAuthJson } from "./auth-json.ts";
import { scopeOf } from "./entry-scope.ts";
import { hostOf, serverAddressOf } from "./host.ts";
import { checkLogin, type Login } from "./login.ts";

/**
 * The text of an auth file with these for their host, in place of what it had for it, and with all else as it was. The key is the
 * host, or for Docker Hub the one by which docker looks; a `.dockercfg` stays one. Fails with `invalid-argument` for a damaged file,
 * for no host, and for what `checkLogin` refuses.
 */
export function withLogin(content: string, name: string, login: Login): string {
  const key = serverAddressOf(login.domain);
  if (key === undefined) throw refusal(name, "the registry is no host");
  checkLogin(login);
  const { auths, ...rest } = parse(content, name);
  const entry = { auth: Buffer.from(`${login.username}:${login.password.reveal()}`).toString("base64") };
  if (auths !== undefined || !isLegacy(rest))
    return format({ ...rest, auths: { ...without(auths ?? {}, login.domain), [key]: entry } });
  const others = withoutLegacy(rest, login.domain);
  if (isSetting(key) || Object.hasOwn(others, key)) throw refusal(name, `${JSON.stringify(key)} is a setting in it`);
  return format({ ...others, [key]: entry });
}

/** The text of an auth file with nothing for a host; `undefined` where it has nothing for it. */
export function withoutLogin(content: string, name: string, domain: string): string | undefined {
  const { auths, ...rest } = parse(content, name);
  if (auths === undefined) return changed(rest, withoutLegacy(rest, domain));
  const left = without(auths, domain);
  return changed(auths, left) === undefined ? undefined : format({ ...rest, auths: left });
}

type Fields = Readonly<Record<string, unknown>>;

/** By hand, since a schema would drop an entry whose name is `__proto__`. */
function parse(content: string, name: string): Fields & { readonly auths?: Fields | undefined } {
  const json = parseAuthJson(content);
  if (isFields(json)) {
    const { auths, ...rest } = json;
    if (auths === null || auths === undefined) return rest;
    if (isFields(auths)) return { ...rest, auths };
  }
  throw refusal(name, "it is not a JSON object as docker and podman write it");
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function without(entries: Fields, domain: string): Fields {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !isAbout(key, domain)));
}

/** Of a `.dockercfg`, whose entries stand among its settings. */
function withoutLegacy(fields: Fields, domain: string): Fields {
  const entries = legacyEntries(fields);
  return Object.fromEntries(
    Object.entries(fields).filter(([key]) => !Object.hasOwn(entries, key) || !isAbout(key, domain)),
  );
}

function isAbout(key: string, domain: string): boolean {
  return scopeOf(key) === (hostOf(domain) ?? domain);
}

function changed(before: Fields, after: Fields): string | undefined {
  return Object.keys(before).length === Object.keys(after).length ? undefined : format(after);
}

function format(value: Fields): string {
  return `${JSON.stringify(value, undefined, "\t")}\n`;
}

function refusal(name: string, why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot change auth file ${JSON.stringify(name)}: ${why}`);
}
