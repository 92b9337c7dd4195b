/** The media types of OCI image-spec 1.1 and of docker's schema 2, spelled as those specs do. */
export const mediaTypes = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociEmpty: "application/vnd.oci.empty.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerManifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  dockerLayerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
} as const;

export type Compression = "none" | "gzip" | "zstd";

/** Whether a media type names a manifest or an index; `undefined` for every other type. Parameters are ignored. */
export function documentKindOf(mediaType: string): "manifest" | "index" | undefined {
  return documentKinds.get(bare(mediaType));
}

/** How a layer of this media type is compressed; `undefined` where it is no tar layer (an artifact, a file system image). */
export function layerCompressionOf(mediaType: string): Compression | undefined {
  return layerCompressions.get(bare(mediaType));
}

/** Whether a config of this media type is that of an image; `undefined` where some write it for either. */
export function isImageConfig(mediaType: string): boolean | undefined {
  return bare(mediaType) === "application/octet-stream" ? undefined : imageConfigs.has(bare(mediaType));
}

/** A media type in lower case, without parameters. */
export function bare(mediaType: string): string {
  return (mediaType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

const documentKinds: ReadonlyMap<string, "manifest" | "index"> = new Map([
  [mediaTypes.ociManifest, "manifest"],
  [mediaTypes.dockerManifest, "manifest"],
  [mediaTypes.ociIndex, "index"],
  [mediaTypes.dockerManifestList, "index"],
]);

const layerCompressions: ReadonlyMap<string, Compression> = new Map([
  [mediaTypes.ociLayer, "none"],
  [mediaTypes.ociLayerGzip, "gzip"],
  [mediaTypes.ociLayerZstd, "zstd"],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar", "none"],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "gzip"],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", "zstd"],
  [mediaTypes.dockerLayer, "none"],
  [mediaTypes.dockerLayerGzip, "gzip"],
  [mediaTypes.dockerLayerZstd, "zstd"],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar", "none"],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip"],
]);

const imageConfigs: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig]);
