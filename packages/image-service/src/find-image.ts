import { StowageError } from "@stowage/errors";
import type { Image, ImageIndex } from "@stowage/images";
import { encodedOf, isDigest } from "@stowage/oci";
import { formatReference, formatRepository, parseReference, type Reference } from "@stowage/reference";

/**
 * The image that somebody means by `text`, or `undefined`: a whole id; a name with tag, digest or both (of the index
 * or of the platform's manifest); or the beginning of one id, at least 3 hex digits. A name goes before the beginning
 * of an id. Empty, malformed and ambiguous texts are `invalid-argument`.
 */
export async function findImage(images: ImageIndex, text: string): Promise<Image | undefined> {
  if (text === "") throw new StowageError("invalid-argument", "Cannot find an image: no image specified");
  const digest = hex64.test(text) ? `sha256:${text}` : text;
  if (isDigest(digest)) return (await images.find(digest)) ?? findByDocument(await images.list(), digest);
  const prefix = idPrefix.exec(text)?.groups?.["hex"];
  if (prefix === undefined) return findByReference(images, parseReference(text));
  return (await findByReference(images, parseReference(text))) ?? findByPrefix(await images.list(), prefix);
}

const hex64 = /^[0-9a-f]{64}$/;
const idPrefix = /^(?:sha256:)?(?<hex>[0-9a-f]{3,63})$/;

async function findByReference(images: ImageIndex, reference: Reference): Promise<Image | undefined> {
  const { domain, path, digest } = reference;
  if (digest === undefined) return images.findByName(formatReference(reference));
  const named = await images.findByName(formatReference({ domain, path, digest }));
  return named ?? findByDocument(await images.list(), digest, formatRepository(reference));
}

/** An image whose manifest or index has this digest, and, where one is given, that has a name in `repository`. */
function findByDocument(images: readonly Image[], digest: string, repository?: string): Image | undefined {
  return images.find(
    (image) =>
      (image.manifest.digest === digest || image.index?.digest === digest) &&
      (repository === undefined || isIn(image, repository)),
  );
}

function isIn({ tags, digests }: Image, repository: string): boolean {
  return [...tags, ...digests].some((name) => name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`));
}

function findByPrefix(images: readonly Image[], prefix: string): Image | undefined {
  const [first, second] = images.filter(({ id }) => encodedOf(id).startsWith(prefix));
  if (first === undefined || second === undefined) return first;
  throw new StowageError("invalid-argument", `Cannot find image "${prefix}": the ids of several images begin with it`);
}
