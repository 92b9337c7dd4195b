import { digestOf, isDigest } from "@stowage/oci";
import { bytesAnswer, errorAnswer, type FakeAnswer, type FakeRequest, jsonAnswer } from "./exchange.ts";
import type { RegistryContent } from "./registry-content.ts";

/** Answers what a client that pulls may ask (OCI distribution-spec, "Pull" and "Content Discovery"). */
export function answerFrom(content: RegistryContent, { method, path }: FakeRequest): FakeAnswer {
  if (!["GET", "HEAD"].includes(method)) return errorAnswer(405, { code: "UNSUPPORTED", message: `no ${method} here` });
  if (["/v2", "/v2/"].includes(path.split("?", 1).join())) return jsonAnswer(200, {});
  const [, repository, kind, name] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/?]+)/.exec(path) ?? [];
  if (repository === undefined || name === undefined)
    return errorAnswer(404, { code: "UNSUPPORTED", message: "no such page" });
  if (kind === "tags") return answerTags(content, repository);
  return kind === "blobs" ? answerBlob(content, name) : answerDocument(content, repository, name);
}

/** The repository that a request is about; `undefined` for every other request. */
export function repositoryOf({ path }: FakeRequest): string | undefined {
  return /^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(path)?.[1];
}

function answerDocument(content: RegistryContent, repository: string, name: string): FakeAnswer {
  const document = content.findDocument(repository, name);
  if (document === undefined) return errorAnswer(404, { code: "MANIFEST_UNKNOWN", message: "manifest unknown" });
  return bytesAnswer(document.bytes, {
    "content-type": document.mediaType,
    "docker-content-digest": isDigest(name) ? name : digestOf(document.bytes),
  });
}

function answerBlob(content: RegistryContent, digest: string): FakeAnswer {
  const blob = content.findBlob(digest);
  if (blob === undefined) return errorAnswer(404, { code: "BLOB_UNKNOWN", message: "blob unknown to registry" });
  return bytesAnswer(blob, { "content-type": "application/octet-stream", "docker-content-digest": digest });
}

function answerTags(content: RegistryContent, repository: string): FakeAnswer {
  const tags = content.findTags(repository);
  if (tags === undefined)
    return errorAnswer(404, { code: "NAME_UNKNOWN", message: "repository name not known to registry" });
  return jsonAnswer(200, { name: repository, tags });
}
