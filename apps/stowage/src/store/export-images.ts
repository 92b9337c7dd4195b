import { buffer } from "node:stream/consumers";
import type { ExportedImage, ExportSource } from "@stowage/archive";
import { StowageError } from "@stowage/errors";
import type { ImageVerbs, ReadBlobOptions } from "@stowage/image-service";
import { type Image, keptBlobs } from "@stowage/images";
import { type Descriptor, type Digest, decodeDocument } from "@stowage/oci";
import { findReference, formatReference, parseReference } from "@stowage/reference";

/** An image of this store, under the names that it is to have in an archive. */
export interface ImageToExport extends Omit<ExportedImage, "names"> {
  readonly image: Image;
  readonly names: readonly string[];
}

/**
 * An image as it goes into an archive. Its root is the index that it was chosen from, so that references by that digest hold, and
 * of which it brings along its own manifest only; or, without such an index, its manifest. Asked for by a name, it has this one;
 * by an id, all that it has. Fails with `failed-precondition` for a digest name whose document is not here.
 */
export async function exportedImage(
  images: Pick<ImageVerbs, "readBlob">,
  { image, asked }: { readonly image: Image; readonly asked: string },
  options: ReadBlobOptions,
): Promise<ImageToExport> {
  const name = nameIn(image, asked);
  const wanted = name === undefined ? undefined : parseReference(name).digest;
  const root = wanted === image.manifest.digest ? image.manifest : await rootOf(images, image, options);
  if (wanted !== undefined && wanted !== root.digest)
    throw new StowageError("failed-precondition", `Cannot save "${asked}": what has that digest is not kept here`);
  const own = image.digests.filter((digest) => parseReference(digest).digest === root.digest);
  const names = name === undefined ? [...image.tags, ...(image.tags.length === 0 ? own : [])] : [name];
  const { manifest: descriptor, config, layers, files = [] } = image;
  const blobs = [...layers.map(({ blob }) => blob), ...files];
  return { image, names, root, manifests: [{ descriptor, config, layers: blobs }] };
}

/** Which of its names was asked for; an id is none. */
function nameIn({ tags, digests }: Image, asked: string): string | undefined {
  const reference = findReference(asked);
  if (reference === undefined) return undefined;
  const { domain, path, digest } = reference;
  const name = formatReference(digest === undefined ? reference : { domain, path, digest });
  return [...tags, ...digests].find((each) => each === name);
}

async function rootOf(
  images: Pick<ImageVerbs, "readBlob">,
  image: Image,
  options: ReadBlobOptions,
): Promise<Descriptor> {
  const { index, manifest } = image;
  if (index === undefined) return manifest;
  const document = decodeDocument(await buffer(images.readBlob(image, index.digest, options)), index.mediaType);
  if (document.kind !== "index") return manifest;
  return document.manifests.some(({ digest }) => digest === manifest.digest) ? index : manifest;
}

/** Images of one root as one, with the manifests and the names of all. */
export function joinRoots(images: readonly ImageToExport[]): readonly ExportedImage[] {
  const roots = new Map<Digest, ExportedImage>();
  for (const { root, names, manifests } of images) {
    const joined = roots.get(root.digest) ?? { root, names: [], manifests: [] };
    const known = new Set(joined.manifests.map(({ descriptor }) => descriptor.digest));
    const more = manifests.filter(({ descriptor }) => !known.has(descriptor.digest));
    const all = { root, names: [...new Set([...joined.names, ...names])], manifests: [...joined.manifests, ...more] };
    roots.set(root.digest, all);
  }
  return [...roots.values()];
}

/** The documents and layers of an image that is to be exported, each once. */
export function partsOf({ root, manifests }: Omit<ExportedImage, "names">): readonly Descriptor[] {
  const parts = manifests.flatMap(({ descriptor, config, layers }) => [descriptor, config, ...layers]);
  return [...new Map([root, ...parts].map((part) => [part.digest, part])).values()];
}

/** Where the bytes come from: each blob from an image that has it here, or else from the registries of one that names it. */
export function exportSource(
  images: Pick<ImageVerbs, "readBlob">,
  exported: readonly ImageToExport[],
  options: ReadBlobOptions,
): ExportSource {
  const owners = new Map<Digest, Image>();
  for (const each of exported)
    for (const { digest } of partsOf(each)) owners.set(digest, owners.get(digest) ?? each.image);
  for (const { image } of exported) for (const { digest } of keptBlobs(image)) owners.set(digest, image);
  return {
    read: (digest) => {
      const owner = owners.get(digest);
      if (owner === undefined) throw new Error(`no image has ${digest}`);
      return images.readBlob(owner, digest, options);
    },
  };
}
