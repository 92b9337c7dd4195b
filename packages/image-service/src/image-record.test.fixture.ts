import type { ImageRecord } from "@stowage/images";
import { type Digest, digestOf } from "@stowage/oci";

/** An image without layers that has this id. Its manifest and index are named after `name`. */
export function recordOf(name: string, id: Digest = digestOf(`config of ${name}`)): ImageRecord {
  const blob = (digest: Digest) => ({ mediaType: "application/octet-stream", digest, size: 1 });
  return {
    id,
    manifest: blob(digestOf(`manifest of ${name}`)),
    index: blob(digestOf(`index of ${name}`)),
    config: blob(id),
    layers: [],
    platform: { os: "linux", architecture: "amd64" },
    user: "",
    annotations: {},
  };
}
