import { StowageError } from "@stowage/errors";
import { type Descriptor, verified } from "@stowage/oci";
import type { BlobOptions, ByteRange } from "@stowage/registry";
import { BlobSource, type Span } from "./blob-source.ts";
import { BlockPool, lent } from "./block-pool.ts";
import type { Call } from "./call.ts";
import { fetchSpan } from "./fetch-blob.ts";
import type { RegistryClient } from "./registry-client.ts";

type Wanted = Pick<Descriptor, "digest" | "size">;

type BlobCall = Call & { readonly options: BlobOptions; readonly pool?: BlockPool | undefined };

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
  try {
    const bytes = fetchBytes(client, { ...call, options: { ...call.options, signal: ends }, pool }, want);
    const checked = range === undefined ? verified(bytes, want) : bytes;
    yield* pool === undefined ? checked : lent(checked, pool);
  } finally {
    ending.abort(new Error("nobody reads it any more"));
  }
}

function fetchBytes(client: RegistryClient, call: BlobCall, want: Wanted): AsyncIterable<Uint8Array> {
  const { range, signal = new AbortController().signal, foreignUrls = [], onEvent } = call.options;
  const span = spanOf(call, want, range);
  let bytes = span.start;
  const onArrived = (host: string, length: number): void => {
    bytes += length;
    onEvent?.({ kind: "arrived", host, digest: want.digest, bytes, size: want.size });
  };
  const source = new BlobSource(client, call, { want, foreignUrls, pool: call.pool });
  return fetchSpan({ source, want, settings: client.settings, signal, onArrived }, span);
}

function spanOf({ action }: Call, { size }: Wanted, { start, end = size }: ByteRange = { start: 0 }): Span {
  const isWithin =
    Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= size;
  if (isWithin) return { start, end };
  throw new StowageError("invalid-argument", `Cannot ${action}: bytes ${start} to ${end} are not in its ${size}`);
}
