import type { Descriptor, Digest } from "@stowage/oci";
import type { BlobPush, PushedDocument, RegistryOptions, RegistryPushing, Repository } from "@stowage/registry";
import { linked } from "@stowage/shared-work";
import { shortDigest } from "../output/short-digest.ts";
import type { WorkInProgress } from "../progress/progress.ts";

/** Where blobs come from that are sent: their bytes from an offset on. */
export type BlobSource = (blob: Descriptor, from: number) => AsyncIterable<Uint8Array>;

export interface Sending {
  readonly registry: RegistryPushing;
  readonly to: Repository;
  readonly read: BlobSource;
  readonly work: WorkInProgress;
  readonly options: RegistryOptions;
  /** Repositories of that registry that may have the blobs. */
  readonly mountFrom?: string | undefined;
}

/** What came of blobs that were to be sent. */
export interface Sent extends Record<BlobPush, number> {
  bytes: number;
}

/** Sends blobs, some at once, each once; the first failure stops the others. */
export async function sendBlobs(sending: Sending, blobs: readonly Descriptor[]): Promise<Sent> {
  const waiting = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  for (const blob of waiting) sending.work.report(itemOf(blob, "waiting", 0));
  const sent: Sent = { pushed: 0, mounted: 0, present: 0, bytes: 0 };
  const failing = new AbortController();
  using either = linked(sending.options.signal, failing.signal);
  const options = { ...sending.options, signal: either.signal };
  const sendSome = async (): Promise<void> => {
    for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift())
      await sendBlob({ ...sending, options }, blob, sent);
  };
  const senders = Array.from({ length: width }, () => sendSome());
  for (const sender of senders) sender.catch((error: unknown) => failing.abort(error));
  await Promise.allSettled(senders);
  sending.options.signal?.throwIfAborted();
  if (failing.signal.aborted) throw failing.signal.reason;
  return sent;
}

/** Sends a document, and returns its digest. */
export async function sendDocument(
  { registry, options }: Pick<Sending, "registry" | "options">,
  to: Repository,
  document: PushedDocument,
): Promise<Digest> {
  return (await registry.pushDocument(to, document, options)).digest;
}

/** As many as registries take from one client without complaint. */
const width = 3;

async function sendBlob({ registry, to, read, work, options, mountFrom }: Sending, blob: Descriptor, sent: Sent) {
  const { digest, size } = blob;
  let bytes = 0;
  const open = async function* (from: number): AsyncGenerator<Uint8Array, void, undefined> {
    bytes = from;
    for await (const chunk of read(blob, from)) {
      bytes += chunk.byteLength;
      work.report(itemOf(blob, "pushing", bytes));
      yield chunk;
    }
  };
  const outcome = await registry.pushBlob(to, { digest, size, open }, { ...options, mountFrom });
  sent[outcome] += 1;
  if (outcome === "pushed") sent.bytes += size;
  work.report(itemOf(blob, outcome === "pushed" ? "done" : outcome, size));
}

function itemOf(blob: Descriptor, phase: "waiting" | "pushing" | "done" | "mounted" | "present", bytes: number) {
  const kinds = { waiting: "waiting", pushing: "moving", done: "done", mounted: "done", present: "done" } as const;
  return { id: blob.digest, label: shortDigest(blob.digest), phase, kind: kinds[phase], bytes, size: blob.size };
}
