import { StowageError } from "@stowage/errors";
import { type Descriptor, isDigest, maxDocumentBytes } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { FetchedDocument, HostCapability } from "@stowage/registry";
import { askHost } from "./ask-host.ts";
import type { Call } from "./call.ts";
import { acceptDocuments, type Expected, readDocument } from "./document.ts";
import { overHosts } from "./over-hosts.ts";
import type { RegistryClient } from "./registry-client.ts";

/** The document that a reference names. Where it has a tag and a digest, the digest decides. */
export async function resolveReference(
  client: RegistryClient,
  call: Call,
  { digest, tag = "latest" }: Reference,
): Promise<FetchedDocument> {
  if (digest === undefined) return await getDocument(client, call, { name: tag, capability: "resolve", expected: {} });
  if (isDigest(digest))
    return await getDocument(client, call, { name: digest, capability: "pull", expected: { digest } });
  throw new StowageError("invalid-argument", `Cannot ${call.action}: only sha256 and sha512 digests are pulled by`);
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

interface WantedDocument {
  /** A tag or a digest. */
  readonly name: string;
  readonly capability: HostCapability;
  readonly expected: Expected;
}

async function getDocument(
  client: RegistryClient,
  call: Call,
  { name, capability, expected }: WantedDocument,
): Promise<FetchedDocument> {
  return await overHosts(client, call, {
    capability,
    ask: async (placed) => {
      const answer = await askHost(client, placed, {
        path: `manifests/${name}`,
        headers: { accept: acceptDocuments },
        statuses: [200],
        milliseconds: client.settings.timeouts.document,
      });
      return await readDocument(call, answer, expected);
    },
  });
}
