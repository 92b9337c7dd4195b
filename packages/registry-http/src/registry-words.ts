import type { Credential, Secret } from "@stowage/auth";
import { maxWords } from "./limits.ts";

/**
 * What a registry says about an error, in one line: the code and message of its JSON (OCI distribution-spec, "Error Codes";
 * OAuth2's `error` too), or the first of its plain text. `""` for pages and for nothing. `secrets` are struck out.
 */
export function wordsOf(body: Uint8Array, contentType: string, secrets: readonly string[]): string {
  const text = new TextDecoder().decode(body);
  const said = saidInJson(text) ?? (/^text\/plain\b/i.test(contentType) ? text : "");
  const told = secrets.reduce((words, secret) => words.replaceAll(secret, "[secret]"), said);
  return told
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, maxWords);
}

/**
 * Every text of which a message could show a secret: as it is, in base64, and as headers, forms and JSON write it. `others`
 * are what is configured for the host beside the credential.
 */
export function secretTexts(
  credential: Credential | undefined,
  authorization: Secret | undefined,
  others: readonly Secret[] = [],
): readonly string[] {
  const header = authorization?.reveal() ?? "";
  const plain = [header, header.replace(/^\w+ /, ""), ...others.map((secret) => secret.reveal())];
  if (credential?.kind === "basic") {
    const password = credential.password.reveal();
    plain.push(password, `${credential.username}:${password}`);
  } else if (credential !== undefined) {
    plain.push(credential.token.reveal());
  }
  const texts = plain.filter((text) => text.length >= tellingLength).flatMap(spellingsOf);
  return [...new Set(texts)].toSorted((one, other) => other.length - one.length);
}

function spellingsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const encoded = [bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("base64").replace(/=+$/, "")];
  return [text, ...encoded].flatMap((spelt) => [
    spelt,
    encodeURIComponent(spelt.toWellFormed()),
    new URLSearchParams({ "": spelt }).toString().slice(1),
    JSON.stringify(spelt).slice(1, -1),
  ]);
}

/** What is shorter turns up in ordinary words, and struck out there it would be told. */
const tellingLength = 4;

function saidInJson(text: string): string | undefined {
  const json = parseObject(text);
  if (json === undefined) return undefined;
  const errors: readonly unknown[] = Array.isArray(json["errors"]) ? json["errors"] : [];
  const lines = errors.slice(0, 8).map((error) => joined(fieldsOf(error), "code", "message"));
  const said = lines.filter((line) => line !== "").join("; ");
  return said === "" ? joined(json, "error", "error_description", "details", "message") : said;
}

function joined(fields: Readonly<Record<string, unknown>>, ...names: readonly string[]): string {
  const texts = names.map((name) => fields[name]).filter((value) => typeof value === "string" && value !== "");
  return texts.join(": ");
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The JSON object in `text`; `undefined` for everything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // no cause is kept: the parser quotes what it cannot read
  }
}
