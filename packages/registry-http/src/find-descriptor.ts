import { isStowageError } from "@stowage/errors";
import { algorithmOf, ContentMismatchError, type Descriptor, documentKindOf, isDigest } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import { askHost } from "./ask-host.ts";
import type { Call, PlacedCall } from "./call.ts";
import { acceptDocuments, lengthOf } from "./document.ts";
import { askDocument, documentWantedBy, type WantedDocument } from "./fetch-document.ts";
import { overHosts } from "./over-hosts.ts";
import type { RegistryClient } from "./registry-client.ts";
import { type HttpAnswer, headerOf } from "./transport.ts";

/** What a reference names by the registry's word (OCI distribution-spec, "Checking if content exists in the registry"). */
export async function findDescriptor(
  client: RegistryClient,
  call: Call,
  reference: Reference,
): Promise<Descriptor | undefined> {
  const wanted = documentWantedBy(call, reference);
  const ask = async (placed: PlacedCall): Promise<Descriptor> => await askDescriptor(client, placed, wanted);
  try {
    return await overHosts(client, call, { capability: wanted.capability, ask });
  } catch (error) {
    if (isStowageError(error, "not-found")) return undefined;
    throw error;
  }
}

/** By HEAD; by GET where that is not answered, or says too little. */
async function askDescriptor(client: RegistryClient, call: PlacedCall, wanted: WantedDocument): Promise<Descriptor> {
  const answer = await askHost(client, call, {
    path: `manifests/${wanted.name}`,
    method: "HEAD",
    headers: { accept: acceptDocuments },
    statuses: [200, 405],
    milliseconds: client.settings.timeouts.document,
  });
  answer.discard();
  const told = answer.status === 200 ? toldBy(answer, wanted) : undefined;
  return told ?? (await askDocument(client, call, wanted)).descriptor;
}

function toldBy(answer: HttpAnswer, { expected }: WantedDocument): Descriptor | undefined {
  const descriptor = descriptorBy(answer);
  if (descriptor === undefined) return undefined;
  const { digest, size } = descriptor;
  const { digest: wanted = digest } = expected;
  if (algorithmOf(wanted) !== algorithmOf(digest)) return undefined;
  if (wanted === digest) return descriptor;
  throw new ContentMismatchError({ digest: wanted, size }, `called ${digest} by ${answer.request.url.host}`);
}

function descriptorBy(answer: HttpAnswer): Descriptor | undefined {
  const [mediaType = ""] = (headerOf(answer, "content-type") ?? "").toLowerCase().split(/[;\s]/, 1);
  const digest = headerOf(answer, "docker-content-digest") ?? "";
  const size = lengthOf(answer);
  const isTold = isDigest(digest) && size !== undefined && documentKindOf(mediaType) !== undefined;
  return isTold && Number.isSafeInteger(size) ? { mediaType, digest, size } : undefined;
}
