import { StowageError } from "@stowage/errors";
import { type Descriptor, maxIndexDepth, parsePlatform } from "@stowage/oci";
import { formatReference, parseReference, type Reference } from "@stowage/reference";
import type { FetchedDocument, Registry, RegistryOptions, RegistryPushing } from "@stowage/registry";
import { formatBytes } from "../output/format-size.ts";
import type { WorkInProgress } from "../progress/progress.ts";
import { getReference } from "../store/get-reference.ts";
import { openTools } from "../store/open-tools.ts";
import { parseCreds } from "../store/parse-creds.ts";
import { type Sent, sendBlobs, sendDocument } from "../store/send-image.ts";
import type { Call } from "../verbs/call.ts";
import { resolveFor } from "./show-manifest.ts";

export interface CopyOptions {
  readonly platform?: string;
  readonly plainHttp?: boolean;
  readonly srcCreds?: string;
  readonly destCreds?: string;
  readonly authfile?: string;
  readonly quiet?: boolean;
}

/** Copies what a name stands for, what is below it first, and prints what came of it. */
export async function copyImage(call: Call<CopyOptions>, fromText: string, toText: string): Promise<void> {
  const { options, signal } = call;
  const to = parseReference(toText);
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
  await using tools = await openTools(options);
  const { registry, names } = tools;
  const from = await getReference(names, fromText, call);
  const asked = { signal, plainHttp: options.plainHttp };
  const reading = { ...asked, credential: parseCreds(options.srcCreds) };
  const root = await resolveFor(registry, { reference: from, platform }, reading);
  if (to.digest !== undefined && to.digest !== root.descriptor.digest) throw otherDigest(to, root);
  const documents = await listDocuments({ registry, from, options: reading }, root);
  const sent = await sendAll(call, {
    registry,
    from,
    to,
    documents,
    reading,
    writing: { ...asked, credential: parseCreds(options.destCreds) },
  });
  const { digest } = root.descriptor;
  const answer = { from: formatReference(from), to: formatReference(to), digest, documents: documents.length, ...sent };
  const what = `${documents.length} documents, ${sent.pushed} blobs sent (${formatBytes(sent.bytes)})`;
  call.print({ one: answer, screen: () => [`${answer.to}@${digest}  ${what}`] });
}

function otherDigest(to: Reference, { descriptor }: FetchedDocument): StowageError {
  const name = formatReference(to);
  return new StowageError("invalid-argument", `Cannot copy to "${name}": what is copied is ${descriptor.digest}`);
}

interface Reading {
  readonly registry: Registry;
  readonly from: Reference;
  readonly options: RegistryOptions;
}

/** A document and all below it, those below first, each once. */
async function listDocuments(reading: Reading, root: FetchedDocument, depth = 0): Promise<readonly FetchedDocument[]> {
  if (root.document.kind !== "index") return [root];
  if (depth >= maxIndexDepth)
    throw new StowageError("invalid-argument", `Cannot copy: its indexes lie more than ${maxIndexDepth} deep`);
  const below: FetchedDocument[] = [];
  for (const entry of root.document.manifests) {
    const document = await reading.registry.document(reading.from, entry, reading.options);
    below.push(...(await listDocuments(reading, document, depth + 1)));
  }
  const all = [...below, root];
  return [...new Map(all.map((each) => [each.descriptor.digest, each])).values()];
}

interface Copying {
  readonly registry: Registry & RegistryPushing;
  readonly from: Reference;
  readonly to: Reference;
  readonly documents: readonly FetchedDocument[];
  readonly reading: RegistryOptions;
  readonly writing: RegistryOptions;
}

async function sendAll(call: Call<CopyOptions>, copying: Copying): Promise<Sent> {
  using progress = await call.progress({ quiet: call.options.quiet });
  using work = progress.start({ doing: "Copying", did: "Copied", what: formatReference(copying.to), item: "blob" });
  const sent = await sendEverything(copying, work);
  work.end();
  return sent;
}

/** Blobs, then documents from below, and the one that gets the tag last. */
async function sendEverything(
  { registry, from, to, documents, reading, writing }: Copying,
  work: WorkInProgress,
): Promise<Sent> {
  const read = (blob: Descriptor, start: number) =>
    registry.blob(from, blob, start === 0 ? reading : { ...reading, range: { start } });
  const mountFrom = from.domain === to.domain && from.path !== to.path ? from.path : undefined;
  const sent = await sendBlobs({ registry, to, read, work, options: writing, mountFrom }, documents.flatMap(blobsOf));
  const { domain, path } = to;
  for (const [at, { bytes, descriptor }] of documents.entries()) {
    const { mediaType, digest } = descriptor;
    const target = at === documents.length - 1 ? to : { domain, path, digest };
    await sendDocument({ registry, options: writing }, target, { bytes, mediaType });
  }
  return sent;
}

function blobsOf({ document }: FetchedDocument): readonly Descriptor[] {
  return document.kind === "index" ? [] : [...document.layers, document.config];
}
