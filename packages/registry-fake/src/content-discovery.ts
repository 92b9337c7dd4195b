import { type Descriptor, digestOf, isDigest } from "@stowage/oci";
import { errorAnswer, type FakeAnswer, type FakeRequest, jsonAnswer, targetOf } from "./exchange.ts";
import { readFields } from "./manifest-fields.ts";
import type { FakeDocument } from "./registry-content.ts";
import type { RegistryState } from "./registry-state.ts";
import type { Route } from "./route.ts";

/** A page of a repository's tags, after `last`, at most `n` (OCI distribution-spec, "Listing Tags"). */
export function answerTags({ content, rules }: RegistryState, { repository }: Route, request: FakeRequest): FakeAnswer {
  const tags = content.findTags(repository);
  if (tags === undefined)
    return errorAnswer(404, { code: "NAME_UNKNOWN", message: "repository name not known to registry" });
  const asked = Number(targetOf(request).query.get("n") ?? Number.POSITIVE_INFINITY);
  const page = pageOf(tags, { name: (tag) => tag, size: Math.min(asked, rules.pageSize ?? asked), request });
  return jsonAnswer(200, { name: repository, tags: page.items }, page.headers);
}

/** A page of the index of those manifests whose subject it is (OCI distribution-spec, "Listing Referrers"). */
export function answerReferrers(
  { content, rules }: RegistryState,
  { repository, name }: Route,
  request: FakeRequest,
): FakeAnswer {
  if (!isDigest(name)) return errorAnswer(400, { code: "DIGEST_INVALID", message: "not a digest" });
  const artifactType = targetOf(request).query.get("artifactType");
  const referrers = content
    .documentsOf(repository)
    .flatMap((document) => referrerOf(document, name))
    .filter((referrer) => artifactType === null || referrer.artifactType === artifactType)
    .toSorted((one, other) => (one.digest < other.digest ? -1 : 1));
  const size = rules.pageSize ?? Number.POSITIVE_INFINITY;
  const page = pageOf(referrers, { name: ({ digest }) => digest, size, request });
  const index = { schemaVersion: 2, mediaType: indexType, manifests: page.items };
  const filters = artifactType === null ? {} : { "oci-filters-applied": "artifactType" };
  return jsonAnswer(200, index, { "content-type": indexType, ...filters, ...page.headers });
}

const indexType = "application/vnd.oci.image.index.v1+json";

/** The descriptor of a document whose subject is `digest`, in a list; else none. */
function referrerOf(
  { bytes, mediaType }: FakeDocument,
  digest: string,
): readonly (Descriptor & { readonly artifactType?: string | undefined })[] {
  const fields = readFields(bytes);
  if (fields?.subject?.digest !== digest) return [];
  const { artifactType = fields.config?.mediaType, annotations } = fields;
  return [{ mediaType, digest: digestOf(bytes), size: bytes.byteLength, artifactType, annotations }];
}

interface Paging<Item> {
  readonly name: (item: Item) => string;
  readonly size: number;
  readonly request: FakeRequest;
}

/** The items after the query's `last`, and a link to the next page where there is more (RFC 8288). */
function pageOf<Item>(
  items: readonly Item[],
  { name, size, request }: Paging<Item>,
): { readonly items: readonly Item[]; readonly headers: FakeAnswer["headers"] } {
  const { pathname, query } = targetOf(request);
  const after = query.get("last") ?? "";
  const rest = items.filter((item) => name(item) > after);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  if (page.length === rest.length || last === undefined) return { items: page, headers: {} };
  query.set("last", name(last));
  return { items: page, headers: { link: `<${pathname}?${query.toString()}>; rel="next"` } };
}
