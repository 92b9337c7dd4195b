import { type Digest, isDigest } from "@stowage/oci";

/**
 * What images stand on and leases hold: a blob by its digest, or an unpacked layer by its chain id, which can be the same. A layer
 * that another snapshotter has than the default one says which: `layer@native sha256:…`.
 */
export type Resource = `blob ${Digest}` | `layer ${Digest}` | `layer@${string} ${Digest}`;

export function blobResource(digest: Digest): Resource {
  return `blob ${digest}`;
}

/** The layer whose chain id is `chainId`. */
export function layerResource(chainId: Digest, snapshotter?: string): Resource {
  return snapshotter === undefined ? `layer ${chainId}` : `layer@${snapshotter} ${chainId}`;
}

/** The digest of a blob; `undefined` for a layer. */
export function digestOfBlob(resource: Resource): Digest | undefined {
  const [kind, digest = ""] = resource.split(" ");
  return kind === "blob" && isDigest(digest) ? digest : undefined;
}

export function isResource(text: string): text is Resource {
  const [kind, digest, ...more] = text.split(" ");
  return resourceKind.test(kind ?? "") && digest !== undefined && isDigest(digest) && more.length === 0;
}

const resourceKind = /^(?:blob|layer(?:@[a-z0-9-]+)?)$/;
