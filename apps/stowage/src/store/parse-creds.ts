import { type Credential, decodeAuthConfig } from "@stowage/auth";

/** The credential in `user:password`; without a colon, all of it is the user. */
export function parseCreds(text: string | undefined): Credential | undefined {
  if (text === undefined) return undefined;
  const colon = text.indexOf(":");
  const [username, password] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  return decodeAuthConfig({ username, password })?.credential;
}
