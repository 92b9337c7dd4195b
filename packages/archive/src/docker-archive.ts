import { createHash } from "node:crypto";
import {
  type Descriptor,
  type Digest,
  decodeImageConfig,
  digestOf,
  isImageConfig,
  maxConfigBytes,
  maxLayers,
  mediaTypes,
  parseDigest,
} from "@stowage/oci";
import { z } from "zod";
import { type ArchivedFile, type ArchiveFiles, brokenEntry, findBytes, inEntry } from "./archive-files.ts";
import { compressionOf, magicBytes } from "./decompressed.ts";
import { eachOf } from "./each-of.ts";
import type { ExportedImage } from "./exported-image.ts";
import type { ArchivedImage, OpenArchiveOptions } from "./image-archive.ts";
import { defaultWidth, maxImages, maxListBytes } from "./limits.ts";
import { blobPath } from "./oci-layout.ts";

/** Of docker's archives since 1.10: an array that says which files of the tar are whose. */
export const dockerList = "manifest.json";

export interface DockerImages {
  readonly images: readonly ArchivedImage[];
  /** Configs, layers, and the manifests that were made. */
  readonly blobs: ReadonlyMap<Digest, ArchivedFile>;
}

/**
 * The images of a docker archive; `undefined` where there is no list of them. It has no OCI manifests, so they are made
 * here, the same ones each time, of digests that are computed: all layers are read once. Fails with
 * `failed-precondition` where a file is missing or broken, or a config is of another number of layers.
 */
export async function readDockerImages(
  files: ArchiveFiles,
  options: Pick<OpenArchiveOptions, "signal" | "onProgress"> = {},
): Promise<DockerImages | undefined> {
  const list = await findBytes(files, dockerList, { limit: maxListBytes });
  if (list === undefined) return undefined;
  const entries = decodeList(list);
  const blobs = new Map<Digest, ArchivedFile>();
  const layers = await readLayers(files, new Set(entries.flatMap(({ Layers }) => Layers)), options);
  for (const { descriptor, file } of layers.values()) blobs.set(descriptor.digest, file);
  const images: ArchivedImage[] = [];
  for (const entry of entries) {
    const { bytes, ...config } = await readConfig(files, entry);
    const root = keep(
      blobs,
      mediaTypes.ociManifest,
      encodeManifest(
        config,
        entry.Layers.map((path) => layerAt(layers, path)),
      ),
    );
    keep(blobs, mediaTypes.ociConfig, bytes);
    images.push({ names: [...new Set(entry.RepoTags)], root });
  }
  return { images, blobs };
}

type Entry = z.infer<typeof entrySchema>;

const path = z.string().min(1).max(4096);

const entrySchema = z.object({
  Config: path,
  RepoTags: z
    .array(z.string().max(1024))
    .nullish()
    .transform((tags) => tags ?? []),
  Layers: z
    .array(path)
    .max(maxLayers)
    .nullish()
    .transform((layers) => layers ?? []),
});

function decodeList(bytes: Uint8Array): readonly Entry[] {
  const json = inEntry(dockerList, (): unknown => JSON.parse(Buffer.from(bytes).toString()));
  const read = z.array(entrySchema).max(maxImages).safeParse(json);
  if (!read.success) throw brokenEntry(dockerList, "is no list of images");
  return read.data;
}

interface ReadLayer {
  readonly descriptor: Descriptor;
  readonly file: ArchivedFile;
}

async function readLayers(
  files: ArchiveFiles,
  paths: ReadonlySet<string>,
  { signal, onProgress }: Pick<OpenArchiveOptions, "signal" | "onProgress">,
): Promise<ReadonlyMap<string, ReadLayer>> {
  const layers = new Map<string, ReadLayer>();
  await eachOf([...paths], { width: defaultWidth, signal }, async (path, stop) => {
    const file = await files.find(path);
    if (file === undefined) throw brokenEntry(path, "is missing");
    const { size } = file;
    const progress = (bytes: number): void => onProgress?.({ kind: "hashing", path, bytes, size });
    layers.set(path, { descriptor: await describeLayer(file, stop, progress), file });
  });
  return layers;
}

async function describeLayer(
  file: ArchivedFile,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Descriptor> {
  const hash = createHash("sha256");
  let start: Uint8Array = new Uint8Array();
  let bytes = 0;
  for await (const block of file.read()) {
    signal.throwIfAborted();
    if (start.byteLength < magicBytes) start = Buffer.concat([start, block.subarray(0, magicBytes)]);
    hash.update(block);
    bytes += block.byteLength;
    onProgress(bytes);
  }
  const mediaType = layerTypes[compressionOf(start)];
  return { mediaType, digest: parseDigest(`sha256:${hash.digest("hex")}`), size: file.size };
}

const layerTypes = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
} as const;

function layerAt(layers: ReadonlyMap<string, ReadLayer>, path: string): Descriptor {
  const layer = layers.get(path);
  if (layer === undefined) throw new Error(`layer "${path}" was not read`);
  return layer.descriptor;
}

async function readConfig(files: ArchiveFiles, entry: Entry): Promise<Descriptor & { readonly bytes: Uint8Array }> {
  const bytes = await findBytes(files, entry.Config, { limit: maxConfigBytes });
  if (bytes === undefined) throw brokenEntry(entry.Config, "is missing");
  const { diffIds } = inEntry(entry.Config, () => decodeImageConfig(bytes));
  if (diffIds.length !== entry.Layers.length)
    throw brokenEntry(entry.Config, `is of ${diffIds.length} layers, and the image has ${entry.Layers.length}`);
  return { mediaType: mediaTypes.ociConfig, digest: digestOf(bytes), size: bytes.byteLength, bytes };
}

/** A manifest whose bytes depend on nothing but what it lists. */
function encodeManifest({ mediaType, digest, size }: Descriptor, layers: readonly Descriptor[]): Uint8Array {
  const config = { mediaType, digest, size };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }));
}

function keep(blobs: Map<Digest, ArchivedFile>, mediaType: string, bytes: Uint8Array): Descriptor {
  const digest = digestOf(bytes);
  blobs.set(digest, inMemory(bytes));
  return { mediaType, digest, size: bytes.byteLength };
}

function inMemory(bytes: Uint8Array): ArchivedFile {
  return {
    size: bytes.byteLength,
    async *read(from = 0) {
      if (from < bytes.byteLength) yield bytes.subarray(from);
    },
  };
}

/** docker's list of images. Of those of one index the first has the names, because docker gives each to one image. */
export function encodeDockerList(images: readonly ExportedImage[]): Uint8Array {
  const entries = images.flatMap(({ names, manifests }) =>
    manifests
      .filter(({ config }) => isImageConfig(config.mediaType) !== false)
      .map(({ config, layers }, at) => ({
        Config: blobPath(config.digest),
        RepoTags: at === 0 ? names : [],
        Layers: layers.map(({ digest }) => blobPath(digest)),
      })),
  );
  return Buffer.from(JSON.stringify(entries));
}
