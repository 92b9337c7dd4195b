import { isStowageError } from "@stowage/errors";
import { algorithmOf, type Digest, documentKindOf, encodedOf, mediaTypes } from "@stowage/oci";
import { type FetchedDocument, type ReferrerDescriptor, type ReferrersOptions, RegistryError } from "@stowage/registry";
import type { Call } from "./call.ts";
import { readDocument } from "./document.ts";
import { resolveReference } from "./fetch-document.ts";
import { listItems } from "./pages.ts";
import type { RegistryClient } from "./registry-client.ts";
import { parseObject } from "./registry-words.ts";
import { type HttpAnswer, headerOf } from "./transport.ts";

/**
 * What refers to `subject` (OCI distribution-spec, "Listing Referrers"), and where the registry does not know that list, what
 * clients have put under the tag for it. The type is looked at here too: not every registry does.
 */
export async function* listReferrers(
  client: RegistryClient,
  call: Call & { readonly options: ReferrersOptions },
  subject: Digest,
): AsyncGenerator<ReferrerDescriptor, void, undefined> {
  const { artifactType } = call.options;
  const seen = new Set<Digest>();
  for await (const referrer of allReferrers(client, call, subject)) {
    const isWanted = artifactType === undefined || referrer.artifactType === artifactType;
    if (!isWanted || seen.has(referrer.digest)) continue;
    seen.add(referrer.digest);
    yield referrer;
  }
}

/** The tag under which clients keep the referrers of a manifest where the registry does not ("Referrers Tag Schema"). */
export function referrersTag(subject: Digest): string {
  return `${algorithmOf(subject)}-${encodedOf(subject)}`;
}

/** The index under that tag; `undefined` where there is none. */
export async function findReferrersIndex(
  client: RegistryClient,
  call: Call,
  subject: Digest,
): Promise<FetchedDocument | undefined> {
  const { domain, path } = call.repository;
  const tagged = { domain, path, tag: referrersTag(subject) };
  try {
    return await resolveReference(client, { ...call, repository: tagged }, tagged);
  } catch (error) {
    if (isStowageError(error, "not-found")) return undefined;
    throw error;
  }
}

/** The entries of an index with their artifact types, which `decodeDocument` does not keep. */
export function referrersIn({ bytes, document }: FetchedDocument): readonly ReferrerDescriptor[] {
  if (document.kind !== "index") return [];
  const { manifests = [] } = parseObject(new TextDecoder().decode(bytes)) ?? {};
  const entries: readonly unknown[] = Array.isArray(manifests) ? manifests : [];
  return document.manifests.map((descriptor, at) => {
    const artifactType = artifactTypeOf(entries[at]);
    return artifactType === undefined ? descriptor : { ...descriptor, artifactType };
  });
}

async function* allReferrers(
  client: RegistryClient,
  call: Call & { readonly options: ReferrersOptions },
  subject: Digest,
): AsyncGenerator<ReferrerDescriptor, void, undefined> {
  const { artifactType } = call.options;
  const search = artifactType === undefined ? "" : `?${new URLSearchParams({ artifactType }).toString()}`;
  const place = { capability: "referrers", path: `referrers/${subject}`, search, accept: mediaTypes.ociIndex } as const;
  try {
    return yield* listItems(client, call, { ...place, read: readPage });
  } catch (error) {
    if (!isStowageError(error, "not-found")) throw error;
  }
  const index = await findReferrersIndex(client, call, subject);
  if (index !== undefined) yield* referrersIn(index);
}

/** Fails with `not-found` for anything but an index: what else answers there does not know the list. */
async function readPage(call: Call, answer: HttpAnswer): Promise<readonly ReferrerDescriptor[]> {
  const contentType = headerOf(answer, "content-type") ?? "";
  if (documentKindOf(contentType) === "index") return referrersIn(await readDocument(call, answer, {}));
  answer.discard();
  const failures = [{ host: answer.request.url.host, status: answer.status, reason: "it answers without an index" }];
  throw new RegistryError({ code: "not-found", action: call.action, failures });
}

function artifactTypeOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null || !("artifactType" in entry)) return undefined;
  const { artifactType } = entry;
  return typeof artifactType === "string" && artifactType !== "" ? artifactType : undefined;
}
