import { isStowageError, StowageError } from "@stowage/errors";
import type { Image, ImageIndex } from "@stowage/images";
import { encodedOf } from "@stowage/oci";
import { formatReference, formatRepository, type NameCandidates, type Reference } from "@stowage/reference";
import type { Names } from "@stowage/registry";
import { type ImageQuery, parseImageQuery } from "./image-query.ts";

export interface FindDependencies {
  readonly images: ImageIndex;
  readonly names: Names;
}

/**
 * The images that somebody means by `text`: a whole id; a name with tag, digest or both (of the index or of the platform's
 * manifest); or the beginning of one id, at least 3 hex digits. A name goes before the beginning of an id. There is one for each
 * runtime handler that it was pulled for, the default one's first, or only that of `handler` (`""` for the default one). Empty,
 * malformed and ambiguous texts are `invalid-argument`.
 */
export async function findImages(
  { images: index, names }: FindDependencies,
  text: string,
  handler?: string,
): Promise<readonly Image[]> {
  const query = parseImageQuery(text);
  if (query.kind === "id") {
    const images = await imagesOf(index, handler);
    return findById(images, query.id) ?? findByDocument(images, query.id);
  }
  const { name, prefix } = query;
  const candidates = await candidatesFor(names, query);
  const named = await findByCandidates(index, candidates, { name, handler });
  return named.length > 0 || prefix === undefined ? named : findByPrefix(await imagesOf(index, handler), prefix);
}

/** That a short name cannot be looked for in any registry does not matter for what may be the beginning of an id. */
async function candidatesFor(
  names: Names,
  { name, prefix }: ImageQuery & { readonly kind: "name" },
): Promise<NameCandidates> {
  try {
    return await names.candidates(name);
  } catch (error) {
    if (prefix === undefined || !isStowageError(error, "invalid-argument")) throw error;
    return { references: [] };
  }
}

/** Of a name that may stand for several, the first that is here; where none may be taken without looking, the only one. */
async function findByCandidates(
  index: ImageIndex,
  { references, ambiguity }: NameCandidates,
  { name, handler }: { readonly name: string; readonly handler: string | undefined },
): Promise<readonly Image[]> {
  const all = await Promise.all(references.map((reference) => findByReference(index, reference, handler)));
  const found = all.filter((images) => images.length > 0);
  const ids = new Set(found.map(([first]) => first?.id));
  if (ambiguity === undefined || ids.size <= 1) return found[0] ?? [];
  throw new StowageError("invalid-argument", `Cannot find image "${name}": ${ambiguity}`);
}

async function imagesOf(index: ImageIndex, handler: string | undefined): Promise<readonly Image[]> {
  const images = await index.list();
  return handler === undefined ? images : images.filter((image) => (image.handler ?? "") === handler);
}

function findById(images: readonly Image[], id: string): readonly Image[] | undefined {
  const found = byHandler(images.filter((image) => image.id === id));
  return found.length > 0 ? found : undefined;
}

async function findByReference(
  index: ImageIndex,
  reference: Reference,
  handler: string | undefined,
): Promise<readonly Image[]> {
  const { domain, path, digest } = reference;
  const name = digest === undefined ? formatReference(reference) : formatReference({ domain, path, digest });
  const handlers = handler === undefined ? await handlersIn(index) : [handler];
  const named = await Promise.all(handlers.map((each) => index.findByName(name, { handler: each || undefined })));
  const found = named.filter((image) => image !== undefined);
  if (found.length > 0 || digest === undefined) return found;
  return findByDocument(await imagesOf(index, handler), digest, formatRepository(reference));
}

/** Those that images were pulled for, the default one first. */
async function handlersIn(index: ImageIndex): Promise<readonly string[]> {
  return [...new Set(["", ...(await index.list()).map(({ handler }) => handler ?? "")])];
}

/** For each handler, the image whose manifest or index has this digest, and, where one is given, that has a name in `repository`. */
function findByDocument(images: readonly Image[], digest: string, repository?: string): readonly Image[] {
  const found = images.filter(
    (image) =>
      (image.manifest.digest === digest || image.index?.digest === digest) &&
      (repository === undefined || isIn(image, repository)),
  );
  return byHandler([...Map.groupBy(found, ({ handler }) => handler).values()].flatMap(([first]) => first ?? []));
}

/** Whether the image has a name in the repository. */
export function isIn({ tags, digests }: Pick<Image, "tags" | "digests">, repository: string): boolean {
  return [...tags, ...digests].some((name) => name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`));
}

function findByPrefix(images: readonly Image[], prefix: string): readonly Image[] {
  const found = images.filter(({ id }) => encodedOf(id).startsWith(prefix));
  if (new Set(found.map(({ id }) => id)).size <= 1) return byHandler(found);
  throw new StowageError("invalid-argument", `Cannot find image "${prefix}": the ids of several images begin with it`);
}

function byHandler(images: readonly Image[]): readonly Image[] {
  return images.toSorted((one, other) => Number(one.handler !== undefined) - Number(other.handler !== undefined));
}
