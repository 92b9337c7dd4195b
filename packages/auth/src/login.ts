import { StowageError } from "@stowage/errors";
import { quoteAddress } from "./host.ts";
import type { Secret } from "./secret.ts";

/** A user name and a password for a `host[:port]`. */
export interface Login {
  readonly domain: string;
  readonly username: string;
  readonly password: Secret;
}

/**
 * Fails with `invalid-argument` for what basic authentication cannot carry (RFC 7617, section 2): a user name with a colon, which
 * would be read back as another one, and control characters in it or in the password.
 */
export function checkLogin({ domain, username, password }: Login): void {
  const flaw = flawOf(username, password.reveal());
  if (flaw !== undefined)
    throw new StowageError("invalid-argument", `Cannot log in to ${quoteAddress(domain)}: ${flaw}`);
}

function flawOf(username: string, password: string): string | undefined {
  if (username.includes(":")) return "the user name has a colon";
  if (control.test(username)) return "the user name has a line end or another control character";
  return control.test(password) ? "the password has a line end or another control character" : undefined;
}

const control = /\p{Cc}/u;
