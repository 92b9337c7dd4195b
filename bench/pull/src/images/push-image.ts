import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type AbortOptions, isStowageError } from "@stowage/errors";
import { type Digest, digestOf, mediaTypes } from "@stowage/oci";
import type { Registry, RegistryPushing } from "@stowage/registry";
import { type LayerFile, writeLayer } from "./layer-file.ts";
import { type ImageName, recipes } from "./recipes.ts";

/** An image in the registry. */
export interface PushedImage {
  readonly name: ImageName;
  /** What it is pulled by, the path in it, and where its layers are. */
  readonly reference: string;
  readonly layerUrls: readonly string[];
  /** Of all layers, compressed. */
  readonly bytes: number;
}

export interface Pantry {
  readonly registry: Registry & RegistryPushing;
  readonly domain: string;
  /** For what is needed while an image is made. */
  readonly directory: string;
}

/** Makes an image and pushes it, unless the registry has it. */
export async function pushImage(pantry: Pantry, name: ImageName, options: AbortOptions): Promise<PushedImage> {
  const repository = { domain: pantry.domain, path: `bench/${name}` };
  const layers = (await findLayers(pantry, name, options)) ?? (await makeImage(pantry, name, options));
  return {
    name,
    reference: `${repository.domain}/${repository.path}:${tag}`,
    layerUrls: layers.map(({ digest }) => `http://${repository.domain}/v2/${repository.path}/blobs/${digest}`),
    bytes: layers.reduce((sum, { size }) => sum + size, 0),
  };
}

type PushedLayer = Pick<LayerFile, "digest" | "size">;

async function findLayers(
  { registry, domain }: Pantry,
  name: ImageName,
  options: AbortOptions,
): Promise<readonly PushedLayer[] | undefined> {
  try {
    const { document } = await registry.resolve({ domain, path: `bench/${name}`, tag }, options);
    return document.kind === "manifest" ? document.layers : undefined;
  } catch (error) {
    if (!isStowageError(error, "not-found")) throw error;
    return undefined;
  }
}

async function makeImage(
  { registry, domain, directory }: Pantry,
  name: ImageName,
  options: AbortOptions,
): Promise<readonly PushedLayer[]> {
  const repository = { domain, path: `bench/${name}` };
  const layers: LayerFile[] = [];
  for await (const tar of recipes[name](directory, options)) {
    const layer = await writeLayer(join(directory, "layer.tar.gz"), tar, options);
    await registry.pushBlob(
      repository,
      { ...layer, open: (start) => createReadStream(layer.path, { start }) },
      options,
    );
    await rm(layer.path);
    layers.push(layer);
  }
  const config = configOf(layers.map(({ diffId }) => diffId));
  await registry.pushBlob(repository, { ...config, open: (from) => inOnePiece(config.bytes.subarray(from)) }, options);
  await registry.pushDocument({ ...repository, tag }, manifestOf(config, layers), options);
  return layers;
}

/** For what this machine runs, so that nobody has to choose. */
function configOf(diffIds: readonly Digest[]) {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const rootfs = { type: "layers", diff_ids: diffIds };
  const bytes = Buffer.from(JSON.stringify({ os: "linux", architecture, config: {}, rootfs }));
  return { bytes, digest: digestOf(bytes), size: bytes.byteLength };
}

function manifestOf(config: PushedLayer, layers: readonly PushedLayer[]) {
  const mediaType = mediaTypes.ociManifest;
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: mediaTypes.ociConfig, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: mediaTypes.ociLayerGzip, digest, size })),
  };
  return { mediaType, bytes: Buffer.from(JSON.stringify(manifest)) };
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const tag = "1";
