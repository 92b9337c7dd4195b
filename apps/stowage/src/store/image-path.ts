import { StowageError } from "@stowage/errors";

/** A place in an image, as people write it. */
export interface ImagePath {
  /** A name, an id, or the beginning of one. */
  readonly image: string;
  /** As it is written: from the root of the image, with or without a slash in front. */
  readonly path: string;
}

/**
 * Reads `IMAGE:PATH`. No reference and no id has a slash behind a colon, so the first `:/` parts the two, whatever ports, tags and
 * paths have for colons: `localhost:5000/a:1:/etc/passwd`. Without one, the last colon does: `alpine:3:etc/passwd`. Fails with
 * `invalid-argument` where one of the two is empty.
 */
export function parseImagePath(text: string): ImagePath {
  const slashed = text.indexOf(":/");
  const colon = slashed < 0 ? text.lastIndexOf(":") : slashed;
  const [image, path] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)];
  if (image === "" || path === "" || endsBeforeHex.test(image))
    throw new StowageError("invalid-argument", `Cannot read "${text}": expected IMAGE:PATH, like alpine:3:/etc/passwd`);
  return { image, path };
}

/** Then the colon is that of a digest, and there is no path. */
const endsBeforeHex = /(?:^|@)sha(?:256|384|512)$/;
