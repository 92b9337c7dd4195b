import {
  algorithmOf,
  type Descriptor,
  type Digest,
  decodeDocument,
  documentKindOf,
  encodedOf,
  maxDocumentBytes,
  mediaTypes,
} from "@stowage/oci";
import { z } from "zod";
import { type ArchivedFile, type ArchiveFiles, brokenEntry, findBytes, inEntry } from "./archive-files.ts";
import type { ExportedImage } from "./exported-image.ts";
import type { ArchivedImage } from "./image-archive.ts";
import { maxMarkerBytes } from "./limits.ts";

/** Files of an OCI layout (OCI image-spec, image-layout.md). */
export const layoutFiles = { marker: "oci-layout", index: "index.json" } as const;

/** What names an image in a layout: the whole reference for containerd, a tag or whatever else for the spec. */
export const nameAnnotations = {
  containerd: "io.containerd.image.name",
  oci: "org.opencontainers.image.ref.name",
} as const;

export function blobPath(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${encodedOf(digest)}`;
}

/**
 * The images of an OCI layout; `undefined` where there is none. Entries of the index that are neither manifests nor
 * indexes are passed over. Fails with `failed-precondition` where a document is broken or that of an image is missing.
 */
export async function readLayout(files: ArchiveFiles): Promise<readonly ArchivedImage[] | undefined> {
  if (!(await readMarker(files))) return undefined;
  const bytes = await findBytes(files, layoutFiles.index, { limit: maxDocumentBytes });
  if (bytes === undefined) throw brokenEntry(layoutFiles.index, "is missing");
  const images = imagesOf(decodeLayoutIndex(bytes));
  for (const { root } of images) {
    if ((await findBlob(files, root.digest)) === undefined) throw brokenEntry(blobPath(root.digest), "is missing");
  }
  return images;
}

/** Whether there is a layout. Fails with `failed-precondition` for one of another version than 1. */
export async function readMarker(files: ArchiveFiles): Promise<boolean> {
  const bytes = await findBytes(files, layoutFiles.marker, { limit: maxMarkerBytes });
  if (bytes === undefined) return false;
  const json = inEntry(layoutFiles.marker, (): unknown => JSON.parse(Buffer.from(bytes).toString()));
  if (!markerSchema.safeParse(json).success) throw brokenEntry(layoutFiles.marker, "says no version 1 of a layout");
  return true;
}

export async function findBlob(files: ArchiveFiles, digest: Digest): Promise<ArchivedFile | undefined> {
  return await files.find(blobPath(digest));
}

/** The entries of `index.json`. */
export function decodeLayoutIndex(bytes: Uint8Array): readonly Descriptor[] {
  const document = inEntry(layoutFiles.index, () => decodeDocument(bytes, mediaTypes.ociIndex));
  if (document.kind !== "index") throw brokenEntry(layoutFiles.index, "is no index");
  return document.manifests;
}

/**
 * The name that an entry of the index has: containerd's, which is whole, unless somebody gave the entry another one since
 * then, as umoci does, which copies the annotations that it does not know.
 */
export function nameOf({ annotations = {} }: Descriptor): string | undefined {
  const [whole, short] = [annotations[nameAnnotations.containerd], annotations[nameAnnotations.oci]];
  if (whole === undefined || short === undefined) return whole ?? short;
  return whole === short || whole.endsWith(`:${short}`) || whole.endsWith(`@${short}`) ? whole : short;
}

const markerSchema = z.object({ imageLayoutVersion: z.string().regex(/^1\.\d+\.\d+$/) });

/** An image has an entry for each of its names. */
function imagesOf(entries: readonly Descriptor[]): readonly ArchivedImage[] {
  const images = new Map<Digest, { readonly names: Set<string>; readonly root: Descriptor }>();
  for (const root of entries) {
    if (documentKindOf(root.mediaType) === undefined) continue;
    const image = images.get(root.digest) ?? { names: new Set(), root };
    images.set(root.digest, image);
    const name = nameOf(root);
    if (name !== undefined) image.names.add(name);
  }
  return [...images.values()].map(({ names, root }) => ({ names: [...names], root }));
}

/** What `oci-layout` says (OCI image-spec, image-layout.md). */
export const layoutMarker: Uint8Array = Buffer.from('{"imageLayoutVersion":"1.0.0"}');

/** Entries of `index.json`: an image has one for each of its names, or one without a name. */
export function entriesOf({ names, root }: ExportedImage): readonly Descriptor[] {
  const { mediaType, digest, size } = root;
  if (names.length === 0) return [{ mediaType, digest, size }];
  return names.map((name) => {
    const annotations = { [nameAnnotations.containerd]: name, [nameAnnotations.oci]: tagOf(name) };
    return { mediaType, digest, size, annotations };
  });
}

/** `more` are other fields of the index. */
export function encodeLayoutIndex(manifests: readonly unknown[], more: object = {}): Uint8Array {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...more, manifests }));
}

/** What the spec means by the name of an entry: containerd and docker write the tag alone. */
function tagOf(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}
