import { StowageError } from "@stowage/errors";
import {
  algorithmOf,
  ContentMismatchError,
  type Descriptor,
  type Digest,
  type Document,
  decodeDocument,
  descriptorSchema,
  digestOf,
  isDigest,
  quoteText,
} from "@stowage/oci";
import type { PushedDocument, ReferrerDescriptor } from "@stowage/registry";
import type { Call, PlacedCall } from "./call.ts";
import { overHosts } from "./over-hosts.ts";
import { putDocument } from "./put-document.ts";
import { addToReferrersTag } from "./referrers-tag.ts";
import type { RegistryClient } from "./registry-client.ts";
import { parseObject } from "./registry-words.ts";
import { type HttpAnswer, headerOf } from "./transport.ts";

/** Puts a document under the tag of the call's repository, or under its digest; if it has a subject, as a referrer of that. */
export async function pushDocument(client: RegistryClient, call: Call, pushed: PushedDocument): Promise<Descriptor> {
  const { bytes } = pushed;
  const document = decodeDocument(bytes, pushed.mediaType);
  const digest = checkedDigest(call, bytes);
  const descriptor = { mediaType: document.mediaType, digest, size: bytes.byteLength };
  const { mediaType } = document;
  const name = call.repository.tag ?? digest;
  const subject = subjectOf(bytes);
  const ask = async (placed: PlacedCall): Promise<Descriptor> => {
    const answer = await putDocument(client, placed, { name, mediaType, bytes });
    refuseOther(answer, bytes, descriptor);
    if (subject !== undefined && headerOf(answer, "oci-subject") === undefined) {
      await addToReferrersTag(client, placed, { subject, referrer: referrerOf(descriptor, document) });
    }
    return descriptor;
  };
  return await overHosts(client, call, { capability: "push", ask });
}

/** The digest that the call is for, if it has one, and if it is that of the bytes. */
function checkedDigest({ action, repository: { digest: want } }: Call, bytes: Uint8Array): Digest {
  if (want === undefined) return digestOf(bytes);
  if (!isDigest(want)) {
    throw new StowageError("invalid-argument", `Cannot ${action}: only sha256 and sha512 digests are known`);
  }
  const digest = digestOf(bytes, algorithmOf(want));
  if (digest !== want) throw new ContentMismatchError({ digest: want, size: bytes.byteLength }, digest);
  return digest;
}

/** A registry that has kept something else, or calls it otherwise; it may prefer another algorithm. */
function refuseOther(answer: HttpAnswer, bytes: Uint8Array, want: Descriptor): void {
  const told = headerOf(answer, "docker-content-digest");
  if (told === undefined || (isDigest(told) && told === digestOf(bytes, algorithmOf(told)))) return;
  throw new ContentMismatchError(want, `called ${quoteText(told)} by ${answer.request.url.host}`);
}

function subjectOf(bytes: Uint8Array): Digest | undefined {
  const { subject } = parseObject(new TextDecoder().decode(bytes)) ?? {};
  return subject === undefined || subject === null ? undefined : descriptorSchema.safeParse(subject).data?.digest;
}

/** As a registry that keeps a list describes a referrer (OCI distribution-spec, "Listing Referrers"). */
function referrerOf(descriptor: Descriptor, document: Document): ReferrerDescriptor {
  const { annotations } = document;
  const { artifactType = "" } =
    document.kind === "manifest" ? { artifactType: document.artifactType || document.config.mediaType } : {};
  return {
    ...descriptor,
    ...(artifactType === "" ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}
