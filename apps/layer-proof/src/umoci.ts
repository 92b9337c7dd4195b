import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Descriptor, digestOf, mediaTypes } from "@stowage/oci";

/** Unpacks plain layers into `<directory>/rootfs` by umoci, which does it in turn and in Go. Fails with what umoci says. */
export function unpackByUmoci(directory: string, layers: readonly Uint8Array[]): string {
  const layout = join(directory, "layout");
  const blobs = join(layout, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const digest = digestOf(bytes);
    writeFileSync(join(blobs, digest.slice("sha256:".length)), bytes);
    return { mediaType, digest, size: bytes.byteLength };
  };
  const putJson = (mediaType: string, value: object): Descriptor => put(mediaType, Buffer.from(JSON.stringify(value)));
  const made = layers.map((layer) => put(mediaTypes.ociLayer, layer));
  const rootfsOf = { type: "layers", diff_ids: made.map(({ digest }) => digest) };
  const config = putJson(mediaTypes.ociConfig, { os: "linux", architecture: "amd64", config: {}, rootfs: rootfsOf });
  const manifest = putJson(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: made,
  });
  const annotations = { "org.opencontainers.image.ref.name": "test" };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  writeFileSync(join(layout, "index.json"), JSON.stringify(index));
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const rootfs = join(directory, "rootfs");
  execFileSync("umoci", ["raw", "unpack", "--image", `${layout}:test`, rootfs], { stdio: "pipe" });
  return rootfs;
}
