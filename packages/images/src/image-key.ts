import { type Digest, isDigest } from "@stowage/oci";
import type { ImageRecord } from "./image.ts";

/**
 * What tells an image from all others: its id, and the runtime handler that it was pulled for where that is not the default one:
 * `sha256:…`, or `sha256:… kata`.
 */
export type ImageKey = Digest | `${Digest} ${string}`;

export function imageKeyOf({ id, handler }: Pick<ImageRecord, "id" | "handler">): ImageKey {
  return handler === undefined ? id : `${id} ${handler}`;
}

export function isImageKey(text: string): text is ImageKey {
  const [id = "", handler, ...more] = text.split(" ");
  return isDigest(id) && handler !== "" && more.length === 0;
}

/** A name, told from the same name of other handlers' images. */
export function nameKeyOf(name: string, handler: string | undefined): string {
  return handler === undefined ? name : `${name} ${handler}`;
}

/** The name in a `nameKeyOf`. */
export function nameIn(key: string): string {
  return key.split(" ", 1)[0] ?? "";
}
