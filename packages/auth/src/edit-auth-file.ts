import { StowageError } from "@stowage/errors";
import { z } from "zod";
import { scopeOf } from "./entry-scope.ts";
import { hostOf, serverAddressOf } from "./host.ts";
import type { Secret } from "./secret.ts";

/** A user name and a password for a `host[:port]`. */
export interface Login {
  readonly domain: string;
  readonly username: string;
  readonly password: Secret;
}

/**
 * The text of an auth file with these for their host, in place of what it had for it, and with all else as it was. The key is the
 * host, or for Docker Hub the one by which docker looks. Fails with `invalid-argument` for a damaged file, and for no host.
 */
export function withLogin(content: string, name: string, { domain, username, password }: Login): string {
  const key = serverAddressOf(domain);
  if (key === undefined) throw refusal(name, "the registry is no host");
  const { auths = {}, ...rest } = parse(content, name);
  const auth = Buffer.from(`${username}:${password.reveal()}`).toString("base64");
  return format({ ...rest, auths: { ...without(auths, domain), [key]: { auth } } });
}

/** The text of an auth file with nothing for a host; `undefined` where it has nothing for it. */
export function withoutLogin(content: string, name: string, domain: string): string | undefined {
  const { auths, ...rest } = parse(content, name);
  if (auths === undefined) return changed(rest, without(rest, domain));
  const left = without(auths, domain);
  return changed(auths, left) === undefined ? undefined : format({ ...rest, auths: left });
}

type Fields = Readonly<Record<string, unknown>>;

const fileSchema = z.looseObject({ auths: z.record(z.string(), z.unknown()).nullish() });

function parse(content: string, name: string): Fields & { readonly auths?: Fields | undefined } {
  const read = fileSchema.safeParse(parseJson(content));
  if (!read.success) throw refusal(name, "it is not a JSON object as docker and podman write it");
  const { auths, ...rest } = read.data;
  return auths === null || auths === undefined ? rest : { ...rest, auths };
}

/** No cause is kept: a JSON parser quotes what it cannot read. */
function parseJson(content: string): unknown {
  try {
    return content.trim() === "" ? {} : JSON.parse(content);
  } catch {
    return undefined;
  }
}

function without(entries: Fields, domain: string): Fields {
  const host = hostOf(domain) ?? domain;
  return Object.fromEntries(Object.entries(entries).filter(([key]) => scopeOf(key) !== host));
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
