import { type Digest, isDigest } from "@stowage/oci";

/** What images stand on and leases hold: a blob by its digest, or an unpacked layer by its chain id. The two can be the same. */
export type Resource = `blob ${Digest}` | `layer ${Digest}`;

export function blobResource(digest: Digest): Resource {
  return `blob ${digest}`;
}

/** The layer whose chain id is `chainId`. */
export function layerResource(chainId: Digest): Resource {
  return `layer ${chainId}`;
}

/** The digest of a blob; `undefined` for a layer. */
export function digestOfBlob(resource: Resource): Digest | undefined {
  const [kind, digest = ""] = resource.split(" ");
  return kind === "blob" && isDigest(digest) ? digest : undefined;
}

export function isResource(text: string): text is Resource {
  const [kind, digest, ...more] = text.split(" ");
  return (kind === "blob" || kind === "layer") && digest !== undefined && isDigest(digest) && more.length === 0;
}
