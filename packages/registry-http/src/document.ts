import { StowageError } from "@stowage/errors";
import {
  algorithmOf,
  ContentMismatchError,
  type Descriptor,
  type Digest,
  decodeDocument,
  digestOf,
  documentKindOf,
  isDigest,
  maxDocumentBytes,
  mediaTypes,
  quoteText,
  verified,
} from "@stowage/oci";
import type { FetchedDocument } from "@stowage/registry";
import type { Call } from "./call.ts";
import { type HttpAnswer, headerOf, readAtMost } from "./transport.ts";

/** The media types of documents, for the Accept header. */
export const acceptDocuments: string = [
  mediaTypes.ociIndex,
  mediaTypes.dockerManifestList,
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
].join(", ");

/** What is known of a document before it comes: nothing, its digest, or all of its descriptor. */
export type Expected = Partial<Descriptor>;

/**
 * The document in an answer. Its digest is computed from the bytes; fails with `failed-precondition` where they are not
 * what was expected, or not what Docker-Content-Digest says, and with `invalid-argument` where they are no document.
 */
export async function readDocument(call: Call, answer: HttpAnswer, expected: Expected): Promise<FetchedDocument> {
  const bytes = await readBytes(call, answer, expected);
  const digest = checkedDigest(answer, bytes, expected.digest);
  const document = decodeDocument(bytes, claimOf(answer, expected));
  const wanted = expected.mediaType?.toLowerCase();
  if (wanted !== undefined && wanted !== document.mediaType) {
    throw refusal(
      "invalid-argument",
      call,
      `${digest} is "${document.mediaType}", and its descriptor says ${quoteText(wanted)}`,
    );
  }
  return {
    descriptor: { ...expected, mediaType: document.mediaType, digest, size: bytes.byteLength },
    bytes,
    document,
  };
}

/** Fails with `failed-precondition` for an encoded body: digests are of what is stored, and undici decodes nothing. */
export function refuseEncoding(call: Call, answer: HttpAnswer): void {
  const encoding = headerOf(answer, "content-encoding") ?? "identity";
  if (encoding.toLowerCase() === "identity") return;
  answer.discard();
  throw refusal(
    "failed-precondition",
    call,
    `${answer.request.url.host} sends it in Content-Encoding ${quoteText(encoding)}`,
  );
}

/** The Content-Length, where there is one. */
export function lengthOf(answer: HttpAnswer): number | undefined {
  const length = headerOf(answer, "content-length");
  return length === undefined ? undefined : Number(length);
}

async function readBytes(call: Call, answer: HttpAnswer, { digest, size }: Expected): Promise<Uint8Array> {
  refuseEncoding(call, answer);
  refuseSchema1(call, answer);
  const named = digest !== undefined && size !== undefined;
  const { bytes, whole } = await readAtMost(
    named ? verified(answer.body, { digest, size }) : answer.body,
    maxDocumentBytes,
  );
  if (whole) return bytes;
  throw refusal(
    "invalid-argument",
    call,
    `${answer.request.url.host} sends more than ${maxDocumentBytes} bytes for a manifest`,
  );
}

function refuseSchema1(call: Call, answer: HttpAnswer): void {
  const contentType = headerOf(answer, "content-type") ?? "";
  if (!/^\s*application\/vnd\.docker\.distribution\.manifest\.v1\+/i.test(contentType)) return;
  answer.discard();
  throw refusal(
    "invalid-argument",
    call,
    `${answer.request.url.host} has it as a docker schema 1 manifest only, which is no longer read`,
  );
}

/** The digest of `bytes`, if it is the expected one and the one that the answer tells. */
function checkedDigest(answer: HttpAnswer, bytes: Uint8Array, expected: Digest | undefined): Digest {
  const told = headerOf(answer, "docker-content-digest");
  const digest = digestOf(bytes, algorithmFor(expected ?? told));
  const want = { digest: expected ?? digest, size: bytes.byteLength };
  if (want.digest !== digest) throw new ContentMismatchError(want, digest);
  if (told === undefined || told === digestOf(bytes, algorithmFor(told))) return digest;
  throw new ContentMismatchError(want, `called ${quoteText(told)} by ${answer.request.url.host}`);
}

function algorithmFor(name: string | undefined): "sha256" | "sha512" {
  return name !== undefined && isDigest(name) ? algorithmOf(name) : "sha256";
}

/** The Content-Type if it names a kind of document, and else what the descriptor says; a tag has no descriptor. */
function claimOf(answer: HttpAnswer, expected: Expected): string | undefined {
  const contentType = headerOf(answer, "content-type");
  return contentType !== undefined && documentKindOf(contentType) !== undefined
    ? contentType
    : (expected.mediaType ?? contentType);
}

function refusal(code: "invalid-argument" | "failed-precondition", call: Call, why: string): StowageError {
  return new StowageError(code, `Cannot ${call.action}: ${why}`);
}
