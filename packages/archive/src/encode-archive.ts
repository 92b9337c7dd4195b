import { dirname } from "node:path/posix";
import type { Descriptor } from "@stowage/oci";
import { dockerList, encodeDockerList } from "./docker-archive.ts";
import { blobsOf, type ExportedImage, type ExportOptions, type ExportSource, exportBlob } from "./exported-image.ts";
import { blobPath, encodeLayoutIndex, entriesOf, layoutFiles, layoutMarker } from "./oci-layout.ts";
import { directoryHeader, endOfTar, fileHeader, filePadding } from "./tar-blocks.ts";

export interface EncodeArchiveOptions extends ExportOptions {
  readonly form: "oci-archive" | "docker-archive";
}

/**
 * A tar of an OCI layout and, for docker and podman, a `manifest.json` beside it. Blobs go in as they are, each once,
 * and nothing depends on the time or the machine: the same images give the same bytes.
 */
export async function* encodeArchive(
  images: readonly ExportedImage[],
  source: ExportSource,
  options: EncodeArchiveOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  options.signal?.throwIfAborted();
  // First what readers from a stream have to know.
  yield* encodeFile(layoutFiles.marker, layoutMarker);
  yield* encodeFile(layoutFiles.index, encodeLayoutIndex(images.flatMap(entriesOf)));
  if (options.form === "docker-archive") yield* encodeFile(dockerList, encodeDockerList(images));
  const blobs = blobsOf(images);
  yield* directoriesOf(blobs);
  for (const blob of blobs) yield* encodeBlob(blob, source, options);
  yield endOfTar;
}

/** skopeo, which unpacks an archive to read it, may not make directories without root that the archive does not name. */
function* directoriesOf(blobs: readonly Descriptor[]): Generator<Uint8Array, void, undefined> {
  const parents = blobs.map(({ digest }) => dirname(blobPath(digest)));
  for (const path of new Set(parents.flatMap((parent) => [dirname(parent), parent]))) yield directoryHeader(`${path}/`);
}

async function* encodeBlob(
  blob: Descriptor,
  source: ExportSource,
  options: ExportOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield fileHeader(blobPath(blob.digest), blob.size);
  yield* exportBlob(blob, source, options);
  yield filePadding(blob.size);
}

function* encodeFile(name: string, bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  yield fileHeader(name, bytes.byteLength);
  yield bytes;
  yield filePadding(bytes.byteLength);
}
