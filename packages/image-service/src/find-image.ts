import { StowageError } from "@stowage/errors";
import type { Image, ImageIndex } from "@stowage/images";
import { encodedOf, isDigest } from "@stowage/oci";
import { formatReference, formatRepository, parseReference, type Reference } from "@stowage/reference";

/**
 * The images that somebody means by `text`: a whole id; a name with tag, digest or both (of the index or of the platform's
 * manifest); or the beginning of one id, at least 3 hex digits. A name goes before the beginning of an id. There is one for each
 * runtime handler that it was pulled for, the default one's first, or only that of `handler` (`""` for the default one). Empty,
 * malformed and ambiguous texts are `invalid-argument`.
 */
export async function findImages(images: ImageIndex, text: string, handler?: string): Promise<readonly Image[]> {
  if (text === "") throw new StowageError("invalid-argument", "Cannot find an image: no image specified");
  const scope = scopeOf(await images.list(), handler);
  const digest = hex64.test(text) ? `sha256:${text}` : text;
  if (isDigest(digest)) return findById(scope, digest) ?? findByDocument(scope, digest);
  const prefix = idPrefix.exec(text)?.groups?.["hex"];
  const named = await findByReference(images, scope, parseReference(text));
  return named.length > 0 || prefix === undefined ? named : findByPrefix(scope, prefix);
}

const hex64 = /^[0-9a-f]{64}$/;
const idPrefix = /^(?:sha256:)?(?<hex>[0-9a-f]{3,63})$/;

/** In which images are looked for. */
interface Scope {
  readonly images: readonly Image[];
  /** The default one is `undefined`, and comes first. */
  readonly handlers: readonly (string | undefined)[];
}

function scopeOf(images: readonly Image[], handler: string | undefined): Scope {
  if (handler === undefined) {
    const handlers = new Set(images.map((image) => image.handler));
    return { images, handlers: [undefined, ...[...handlers].filter((name) => name !== undefined)] };
  }
  const name = handler === "" ? undefined : handler;
  return { images: images.filter((image) => image.handler === name), handlers: [name] };
}

function findById({ images }: Scope, id: string): readonly Image[] | undefined {
  const found = byHandler(images.filter((image) => image.id === id));
  return found.length > 0 ? found : undefined;
}

async function findByReference(index: ImageIndex, scope: Scope, reference: Reference): Promise<readonly Image[]> {
  const { domain, path, digest } = reference;
  const name = digest === undefined ? formatReference(reference) : formatReference({ domain, path, digest });
  const named = await Promise.all(scope.handlers.map((handler) => index.findByName(name, { handler })));
  const found = named.filter((image) => image !== undefined);
  if (found.length > 0 || digest === undefined) return found;
  return findByDocument(scope, digest, formatRepository(reference));
}

/** Images whose manifest or index has this digest, and, where one is given, that have a name in `repository`. */
function findByDocument({ images }: Scope, digest: string, repository?: string): readonly Image[] {
  const found = images.find(
    (image) =>
      (image.manifest.digest === digest || image.index?.digest === digest) &&
      (repository === undefined || isIn(image, repository)),
  );
  return byHandler(images.filter((image) => image.id === found?.id));
}

/** Whether the image has a name in the repository. */
export function isIn({ tags, digests }: Image, repository: string): boolean {
  return [...tags, ...digests].some((name) => name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`));
}

function findByPrefix({ images }: Scope, prefix: string): readonly Image[] {
  const found = images.filter(({ id }) => encodedOf(id).startsWith(prefix));
  if (new Set(found.map(({ id }) => id)).size <= 1) return byHandler(found);
  throw new StowageError("invalid-argument", `Cannot find image "${prefix}": the ids of several images begin with it`);
}

function byHandler(images: readonly Image[]): readonly Image[] {
  return images.toSorted((one, other) => Number(one.handler !== undefined) - Number(other.handler !== undefined));
}
