import type { ArchivedImage, ImageArchive } from "@stowage/archive";
import { type AbortOptions, StowageError } from "@stowage/errors";
import {
  collectBytes,
  type Descriptor,
  type Digest,
  type Document,
  decodeDocument,
  maxDocumentBytes,
} from "@stowage/oci";

/**
 * The images of an archive in waves, one to be loaded after the other: in each are images that share no layers but with those of
 * earlier waves. So none is read twice, and the images of a wave can be loaded at once.
 */
export async function loadWaves(
  archive: Pick<ImageArchive, "images" | "read">,
  { signal }: AbortOptions,
): Promise<readonly (readonly ArchivedImage[])[]> {
  const waves: ArchivedImage[][] = [];
  const firstIn = new Map<Digest, number>();
  for (const image of archive.images) {
    signal?.throwIfAborted();
    const layers = archive.images.length === 1 ? [] : await layersIn(archive, image.root);
    const earlier = layers.map((layer) => firstIn.get(layer) ?? -1);
    const at = Math.max(-1, ...earlier) + 1;
    for (const layer of layers) if (!firstIn.has(layer)) firstIn.set(layer, at);
    waves[at] = [...(waves[at] ?? []), image];
  }
  return waves;
}

/** Those of all its platforms; none where that cannot be read, which who loads it will say. */
async function layersIn(archive: Pick<ImageArchive, "read">, root: Descriptor): Promise<readonly Digest[]> {
  const document = await findDocument(archive, root);
  if (document === undefined) return [];
  if (document.kind === "manifest") return document.layers.map(({ digest }) => digest);
  const manifests: readonly Descriptor[] = document.manifests.slice(0, maxManifests);
  const found = await Promise.all(manifests.map((manifest) => findDocument(archive, manifest)));
  return found.flatMap((each) => (each?.kind === "manifest" ? each.layers.map(({ digest }) => digest) : []));
}

/** No index of images has as many platforms. */
const maxManifests = 64;

async function findDocument(
  archive: Pick<ImageArchive, "read">,
  { digest, mediaType, size }: Descriptor,
): Promise<Document | undefined> {
  if (size > maxDocumentBytes) return undefined;
  try {
    return decodeDocument(await collectBytes(archive.read(digest), maxDocumentBytes), mediaType);
  } catch (error) {
    if (error instanceof StowageError) return undefined;
    throw error;
  }
}
