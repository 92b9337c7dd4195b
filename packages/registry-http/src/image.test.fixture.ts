import { type Descriptor, digestOf, mediaTypes } from "@stowage/oci";
import type { FakeRegistry } from "@stowage/registry-fake";

export const path = "team/app";

export const layerBytes: Uint8Array = new Uint8Array(300_000).map((_, at) => (at * 31) % 251);
export const layer: Descriptor = describeBytes(layerBytes, mediaTypes.ociLayer);

export const configBytes: Uint8Array = encode({
  os: "linux",
  architecture: "amd64",
  rootfs: { type: "layers", diff_ids: [layer.digest] },
});

/** The fields of a manifest, to make odd ones of. */
export const manifestFields: Readonly<Record<string, unknown>> = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: describeBytes(configBytes, mediaTypes.ociConfig),
  layers: [layer],
};

export const manifestBytes: Uint8Array = encode(manifestFields);
export const manifest: Descriptor = describeBytes(manifestBytes, mediaTypes.ociManifest);

/** Puts an image into `team/app`, as `v1`. */
export function putImage(registry: FakeRegistry): void {
  registry.putImage(path, "v1", {
    root: { bytes: manifestBytes, mediaType: mediaTypes.ociManifest },
    documents: [],
    blobs: [configBytes, layerBytes],
  });
}

export function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function describeBytes(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}
