import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Compression, type Descriptor, type Digest, digestOf, mediaTypes } from "@stowage/oci";
import { encodeTar, type TarFile } from "@stowage/tar";

export interface LayerRecipe {
  readonly files: readonly TarFile[];
  /** gzip where it is not given. */
  readonly compression?: Compression;
}

/** A layer as a registry holds it, and what it should turn out to be. */
export interface MadeLayer {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/** Writes a layer. The same recipe gives the same bytes. */
export function makeLayer({ files, compression = "gzip" }: LayerRecipe): MadeLayer {
  const tar = Buffer.concat([...encodeTar(files)]);
  const { mediaType, compress } = forms[compression];
  const bytes = compress(tar);
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, diffId: digestOf(tar) };
}

const forms = {
  none: { mediaType: mediaTypes.ociLayer, compress: (tar: Buffer): Buffer => tar },
  gzip: { mediaType: mediaTypes.ociLayerGzip, compress: (tar: Buffer): Buffer => gzipSync(tar) },
  zstd: { mediaType: mediaTypes.ociLayerZstd, compress: (tar: Buffer): Buffer => zstdCompressSync(tar) },
} as const;
