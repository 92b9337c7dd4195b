import { StowageError } from "@stowage/errors";
import { type Descriptor, isDigest, maxDocumentBytes } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { FetchedDocument, HostCapability } from "@stowage/registry";
import { askHost } from "./ask-host.ts";
import type { Call, PlacedCall } from "./call.ts";
import { acceptDocuments, type Expected, readDocument } from "./document.ts";
import { overHosts } from "./over-hosts.ts";
import type { RegistryClient } from "./registry-client.ts";

/** The document that a reference names. Where it has a tag and a digest, the digest decides. */
export async function resolveReference(
  client: RegistryClient,
  call: Call,
  reference: Reference,
): Promise<FetchedDocument> {
  return await getDocument(client, call, documentWantedBy(call, reference));
}

/** What a reference asks for. Fails with `invalid-argument` for a digest of another algorithm. */
export function documentWantedBy(
  { action }: Pick<Call, "action">,
  { digest, tag = "latest" }: Pick<Reference, "digest" | "tag">,
): WantedDocument {
  if (digest === undefined) return { name: tag, capability: "resolve", expected: {} };
  if (isDigest(digest)) return { name: digest, capability: "pull", expected: { digest } };
  throw new StowageError("invalid-argument", `Cannot ${action}: only sha256 and sha512 digests are known`);
}

/** The document that a descriptor describes. */
export async function fetchDocument(client: RegistryClient, call: Call, want: Descriptor): Promise<FetchedDocument> {
  if (want.size > maxDocumentBytes) {
    throw new StowageError(
      "invalid-argument",
      `Cannot ${call.action}: it has ${want.size} bytes, at most ${maxDocumentBytes} are allowed`,
    );
  }
  return await getDocument(client, call, { name: want.digest, capability: "pull", expected: want });
}

export interface WantedDocument {
  /** A tag or a digest. */
  readonly name: string;
  readonly capability: HostCapability;
  readonly expected: Expected;
}

async function getDocument(client: RegistryClient, call: Call, wanted: WantedDocument): Promise<FetchedDocument> {
  const ask = async (placed: PlacedCall): Promise<FetchedDocument> => await askDocument(client, placed, wanted);
  return await overHosts(client, call, { capability: wanted.capability, ask });
}

/** The document as one host has it. */
export async function askDocument(
  client: RegistryClient,
  call: PlacedCall,
  { name, expected }: WantedDocument,
): Promise<FetchedDocument> {
  const answer = await askHost(client, call, {
    path: `manifests/${name}`,
    headers: { accept: acceptDocuments },
    statuses: [200],
    milliseconds: client.settings.timeouts.document,
  });
  return await readDocument(call, answer, expected);
}
