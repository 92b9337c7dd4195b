import { createHash } from "node:crypto";
import type { AbortOptions } from "@stowage/errors";
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
  const configs = await readConfigs(files, entries, options);
  const layers = await readLayers(files, new Set(entries.flatMap(({ Layers }) => Layers)), options);
  const blobs = new Map<Digest, ArchivedFile>();
  for (const { descriptor, file } of [...layers.values(), ...configs.values()]) blobs.set(descriptor.digest, file);
  const images = entries.map((entry): ArchivedImage => {
    const manifest = encodeManifest(
      known(configs, entry.Config),
      entry.Layers.map((path) => known(layers, path)),
    );
    const root = { mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.byteLength };
    blobs.set(root.digest, inMemory(manifest));
    return { names: [...new Set(entry.RepoTags)], root };
  });
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

interface DescribedFile {
  readonly descriptor: Descriptor;
  readonly file: ArchivedFile;
}

interface DescribedConfig extends DescribedFile {
  /** Of how many layers it is. */
  readonly layers: number;
}

async function readLayers(
  files: ArchiveFiles,
  paths: ReadonlySet<string>,
  { signal, onProgress }: Pick<OpenArchiveOptions, "signal" | "onProgress">,
): Promise<ReadonlyMap<string, DescribedFile>> {
  const layers = new Map<string, DescribedFile>();
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

/** Their bytes stay in the archive: a hostile one has many, as large as they may be. */
async function readConfigs(
  files: ArchiveFiles,
  entries: readonly Entry[],
  { signal }: AbortOptions,
): Promise<ReadonlyMap<string, DescribedConfig>> {
  const configs = new Map<string, DescribedConfig>();
  for (const { Config, Layers } of entries) {
    signal?.throwIfAborted();
    const config = configs.get(Config) ?? (await readConfig(files, Config));
    if (config.layers !== Layers.length)
      throw brokenEntry(Config, `is of ${config.layers} layers, and the image has ${Layers.length}`);
    configs.set(Config, config);
  }
  return configs;
}

async function readConfig(files: ArchiveFiles, path: string): Promise<DescribedConfig> {
  const file = await files.find(path);
  const bytes = await findBytes(files, path, { limit: maxConfigBytes });
  if (file === undefined || bytes === undefined) throw brokenEntry(path, "is missing");
  const { diffIds } = inEntry(path, () => decodeImageConfig(bytes));
  const descriptor = { mediaType: mediaTypes.ociConfig, digest: digestOf(bytes), size: bytes.byteLength };
  return { descriptor, file, layers: diffIds.length };
}

function known(files: ReadonlyMap<string, DescribedFile>, path: string): Descriptor {
  const file = files.get(path);
  if (file === undefined) throw new Error(`"${path}" was not read`);
  return file.descriptor;
}

/** A manifest whose bytes depend on nothing but what it lists. */
function encodeManifest(config: Descriptor, layers: readonly Descriptor[]): Uint8Array {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }));
}

function inMemory(bytes: Uint8Array): ArchivedFile {
  return {
    size: bytes.byteLength,
    async *read(from = 0) {
      if (from < bytes.byteLength) yield bytes.subarray(from);
    },
  };
}

/**
 * docker's list of images. Of those of one index the first has the names, because docker gives each to one image, and only
 * those with a tag: it takes no others.
 */
export function encodeDockerList(images: readonly ExportedImage[]): Uint8Array {
  const entries = images.flatMap(({ names, manifests }) =>
    manifests
      .filter(({ config }) => isImageConfig(config.mediaType) !== false)
      .map(({ config, layers }, at) => ({
        Config: blobPath(config.digest),
        RepoTags: at === 0 ? names.filter((name) => !name.includes("@")) : [],
        Layers: layers.map(({ digest }) => blobPath(digest)),
      })),
  );
  return Buffer.from(JSON.stringify(entries));
}
