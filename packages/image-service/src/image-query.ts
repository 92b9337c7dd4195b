import { StowageError } from "@stowage/errors";
import { type Digest, isDigest } from "@stowage/oci";

/** What somebody says who means an image. */
export type ImageQuery =
  /** A whole id, or the digest of a document: never a name. */
  | { readonly kind: "id"; readonly id: Digest }
  /** A name; where no image has it, it may be the beginning of an id. */
  | { readonly kind: "name"; readonly name: string; readonly prefix: string | undefined };

/**
 * Tells ids from names. 64 hex digits are an id, with their algorithm or without; 3 to 63 may begin one; all else is a name. Fails
 * with `invalid-argument` for the empty text.
 */
export function parseImageQuery(text: string): ImageQuery {
  if (text === "") throw new StowageError("invalid-argument", "Cannot find an image: no image specified");
  const digest = /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
  if (isDigest(digest)) return { kind: "id", id: digest };
  const prefix = /^(?:sha256:)?(?<hex>[0-9a-f]{3,63})$/.exec(text)?.groups?.["hex"];
  return { kind: "name", name: text, prefix };
}
