import { StowageError } from "@stowage/errors";
import { ContentMismatchError, type Descriptor } from "@stowage/oci";
import type { BlobOptions, ByteRange } from "@stowage/registry";
import { BlobSource, type Span } from "./blob-source.ts";
import { BlockPool, lent } from "./block-pool.ts";
import type { Call } from "./call.ts";
import { fetchSpan } from "./fetch-blob.ts";
import type { RegistryClient } from "./registry-client.ts";
import { verifiedAside } from "./verified-aside.ts";

type Wanted = Pick<Descriptor, "digest" | "size">;

interface BlobCall extends Call {
  readonly options: BlobOptions;
}

/** What one reading of a blob collects on the way. */
interface Reading extends BlobCall {
  readonly pool: BlockPool | undefined;
  /** Who sent something: others are asked first the next time if it is wrong. */
  readonly senders: Set<string>;
  /** What is read ahead, to be waited for at the end. */
  readonly ahead: Promise<void>[];
}

/** The bytes of a blob, verified; of a range of it, as they come. */
export async function* streamBlob(
  client: RegistryClient,
  call: BlobCall,
  want: Wanted,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { range, signal, lend = false } = call.options;
  signal?.throwIfAborted();
  const pool = lend ? new BlockPool() : undefined;
  const ending = new AbortController();
  const ends = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const senders = new Set<string>();
  const ahead: Promise<void>[] = [];
  try {
    const bytes = fetchBytes(
      client,
      { ...call, options: { ...call.options, signal: ends }, pool, senders, ahead },
      want,
    );
    const checked = range === undefined ? verifiedAside(bytes, want) : bytes;
    yield* pool === undefined ? checked : lent(checked, pool);
  } catch (error) {
    if (error instanceof ContentMismatchError) for (const host of senders) client.shunned.shun(host);
    throw error;
  } finally {
    ending.abort(new Error("nobody reads it any more"));
    await Promise.allSettled(ahead);
  }
}

function fetchBytes(client: RegistryClient, call: Reading, want: Wanted): AsyncIterable<Uint8Array> {
  const { range, signal = new AbortController().signal, foreignUrls = [], onEvent, mirrors, avoid } = call.options;
  const span = spanOf(call, want, range);
  let bytes = span.start;
  const onArrived = (host: string, length: number): void => {
    call.senders.add(host);
    bytes += length;
    onEvent?.({ kind: "arrived", host, digest: want.digest, bytes, size: want.size });
  };
  const source = new BlobSource(client, call, { want, foreignUrls, pool: call.pool, mirrors, avoid });
  return fetchSpan({ source, want, settings: client.settings, signal, onArrived, ahead: call.ahead }, span);
}

function spanOf({ action }: Call, { size }: Wanted, { start, end = size }: ByteRange = { start: 0 }): Span {
  const isWithin =
    Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= size;
  if (isWithin) return { start, end };
  throw new StowageError("invalid-argument", `Cannot ${action}: bytes ${start} to ${end} are not in its ${size}`);
}
