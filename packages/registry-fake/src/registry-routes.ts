import { digestOf, isDigest } from "@stowage/oci";
import { rangedAnswer } from "./blob-range.ts";
import { answerReferrers, answerTags } from "./content-discovery.ts";
import {
  bytesAnswer,
  emptyAnswer,
  errorAnswer,
  type FakeAnswer,
  type FakeRequest,
  jsonAnswer,
  targetOf,
} from "./exchange.ts";
import { putManifest } from "./manifest-push.ts";
import type { RegistryState } from "./registry-state.ts";
import { type Route, routeOf } from "./route.ts";

/** Answers what a client may ask (OCI distribution-spec, "Endpoints"). */
export function answerFrom(state: RegistryState, request: FakeRequest): FakeAnswer {
  const { pathname } = targetOf(request);
  if (["/v2", "/v2/"].includes(pathname)) return jsonAnswer(200, {});
  const route = routeOf(request);
  const answer = route === undefined ? undefined : routes[`${verbOf(request)} ${route.kind}`];
  if (route === undefined || (route.kind === "referrers" && state.rules.referrers === false))
    return errorAnswer(404, { code: "NOT_FOUND", message: "no such page" });
  return answer === undefined
    ? errorAnswer(405, { code: "UNSUPPORTED", message: `no ${request.method} here` })
    : answer(state, route, request);
}

const verbOf = ({ method }: FakeRequest): string => (method === "HEAD" ? "GET" : method);

type RouteAnswer = (state: RegistryState, route: Route, request: FakeRequest) => FakeAnswer;

const routes: Readonly<Record<string, RouteAnswer>> = {
  "GET manifests": getManifest,
  "PUT manifests": putManifest,
  "DELETE manifests": ({ content }, { repository, name }) =>
    content.deleteDocument(repository, name) ? emptyAnswer(202) : unknownManifest(),
  "GET blobs": getBlob,
  "DELETE blobs": ({ content }, { repository, name }) =>
    content.deleteBlob(repository, name) ? emptyAnswer(202) : unknownBlob(),
  "GET tags": answerTags,
  "GET referrers": answerReferrers,
  "POST blobs/uploads": ({ uploads }, route, request) => uploads.start(route, request),
  "GET blobs/uploads": ({ uploads }, route) => uploads.tell(route),
  "PATCH blobs/uploads": ({ uploads }, route, request) => uploads.append(route, request),
  "PUT blobs/uploads": ({ uploads }, route, request) => uploads.finish(route, request),
  "DELETE blobs/uploads": ({ uploads }, route) => uploads.cancel(route),
};

function getManifest({ content }: RegistryState, { repository, name }: Route): FakeAnswer {
  const document = content.findDocument(repository, name);
  if (document === undefined) return unknownManifest();
  return bytesAnswer(document.bytes, {
    "content-type": document.mediaType,
    "docker-content-digest": isDigest(name) ? name : digestOf(document.bytes),
  });
}

function getBlob({ content }: RegistryState, { repository, name }: Route, request: FakeRequest): FakeAnswer {
  const blob = content.findBlob(repository, name);
  if (blob === undefined) return unknownBlob();
  const headers = { "content-type": "application/octet-stream", "docker-content-digest": name };
  return rangedAnswer(request, blob, { ...headers, etag: `"${name}"` });
}

function unknownManifest(): FakeAnswer {
  return errorAnswer(404, { code: "MANIFEST_UNKNOWN", message: "manifest unknown" });
}

function unknownBlob(): FakeAnswer {
  return errorAnswer(404, { code: "BLOB_UNKNOWN", message: "blob unknown to registry" });
}
