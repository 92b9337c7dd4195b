import { Secret } from "./secret.ts";

/** A name and a password, as RFC 7617 joins them with a colon. */
export interface BasicAuth {
  readonly username: string;
  readonly password: Secret;
}

/** What came of reading an `auth` value; `flaw` says what is wrong with it and repeats nothing of it. */
export type DecodedAuth = BasicAuth | { readonly flaw: string };

/**
 * Reads `auth`, the base64 of `username:password`: in the standard or the URL-safe alphabet, padded or not, broken into
 * lines or not. The name ends at the first colon; NULs around the password are dropped, as docker's own encoder leaves some.
 */
export function decodeBasicAuth(auth: string): DecodedAuth {
  const joined = auth.replace(/[\r\n]/g, "");
  const digits = joined.replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/_-]+$/.test(digits) || digits.length % 4 === 1) return { flaw: "auth is not base64" };
  const text = decodeUtf8(Buffer.from(digits, "base64"));
  if (text === undefined) return { flaw: "auth does not hold UTF-8 text" };
  const colon = text.indexOf(":");
  if (colon < 0) return { flaw: "auth does not hold a name, a colon and a password" };
  return { username: text.slice(0, colon), password: new Secret(trimNuls(text.slice(colon + 1))) };
}

/** No cause is kept: what a decoder says of a secret is not for a message. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** By hand, since a pattern for the end of a text takes quadratic time on many NULs in its middle. */
function trimNuls(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === "\0") start += 1;
  while (end > start && text[end - 1] === "\0") end -= 1;
  return text.slice(start, end);
}
