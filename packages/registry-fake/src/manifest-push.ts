import { algorithmOf, type Digest, digestOf, isDigest } from "@stowage/oci";
import { emptyAnswer, errorAnswer, type FakeAnswer, type FakeRequest } from "./exchange.ts";
import { type ManifestFields, readFields } from "./manifest-fields.ts";
import type { RegistryContent } from "./registry-content.ts";
import type { RegistryState } from "./registry-state.ts";
import type { Route } from "./route.ts";

/** Keeps a manifest whose blobs and documents are there (OCI distribution-spec, "Pushing Manifests"); a subject may be missing. */
export function putManifest(
  { content, rules }: RegistryState,
  { repository, name }: Route,
  { bytes, headers }: FakeRequest,
): FakeAnswer {
  const fields = readFields(bytes);
  const mediaType = headers["content-type"];
  if (fields === undefined || mediaType === undefined || !isCalled(fields, mediaType))
    return errorAnswer(400, { code: "MANIFEST_INVALID", message: "manifest invalid" });
  const digest = digestAsNamed(name, bytes);
  if (isDigest(name) && name !== digest)
    return errorAnswer(400, { code: "DIGEST_INVALID", message: "provided digest did not match uploaded content" });
  if (!hasAll(content, repository, fields))
    return errorAnswer(404, { code: "MANIFEST_BLOB_UNKNOWN", message: "blob unknown to registry" });
  const { subject } = fields;
  content.addManifest(repository, { bytes, mediaType }, isDigest(name) ? undefined : name);
  return emptyAnswer(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(subject === undefined || rules.referrers === false ? {} : { "oci-subject": subject.digest }),
  });
}

/** By the algorithm of the name; a tag has none. */
function digestAsNamed(name: string, bytes: Uint8Array): Digest {
  return isDigest(name) ? digestOf(bytes, algorithmOf(name)) : digestOf(bytes);
}

function isCalled(fields: ManifestFields, mediaType: string): boolean {
  return fields.mediaType === undefined || fields.mediaType === mediaType;
}

/** Whether what a manifest or an index needs is in the repository. */
function hasAll(
  content: RegistryContent,
  repository: string,
  { config, layers = [], manifests = [] }: ManifestFields,
): boolean {
  const blobs = config === undefined ? layers : [config, ...layers];
  return (
    blobs.every(({ digest }) => content.findBlob(repository, digest) !== undefined) &&
    manifests.every(({ digest }) => content.findDocument(repository, digest) !== undefined)
  );
}
