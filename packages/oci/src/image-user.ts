import { StowageError } from "@stowage/errors";
import { quoteText } from "./quote.ts";

/** Whom an image's process runs as: nobody said (root), a number, or a name to be looked up in its root file system. */
export type ImageUser =
  | { readonly kind: "unset" }
  | { readonly kind: "uid"; readonly uid: number }
  | { readonly kind: "name"; readonly name: string };

/** The kernel's and Go's int32 bound: above it a number wraps around to another user (CVE-2024-40635). */
const maxUid = 2_147_483_647;

/**
 * Reads the user of `config.User` (`user`, `uid`, either with `:group`); the group is not looked at.
 * What looks like a number and is none between 0 and 2147483647 is `invalid-argument`, never a name, and so is what
 * has control characters in either part.
 */
export function parseImageUser(text: string): ImageUser {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) throw refusal(text, "it has control characters");
  const user = text.split(":", 1)[0] ?? "";
  if (user === "") return { kind: "unset" };
  if (/^[0-9]+$/.test(user) && Number(user) <= maxUid) return { kind: "uid", uid: Number(user) };
  if (/^\s*[-+]?[0-9]/.test(user) && !/^[0-9]+[^0-9\sxX]/.test(user)) {
    throw refusal(user, `expected 0 to ${maxUid}`);
  }
  return { kind: "name", name: user };
}

function refusal(user: string, why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read image user ${quoteText(user)}: ${why}`);
}
