import { StowageError } from "@stowage/errors";
import { algorithmOf } from "@stowage/oci";
import type { LayerSource, UnpackedLayer, Unpacker, UnpackOptions } from "@stowage/snapshots";
import { blocksOf } from "./blocks.ts";
import { type UnpackLimits, unpackLimits } from "./limits.ts";
import { UnpackThread } from "./unpack-thread.ts";

export interface UnpackerOptions {
  /** In place of single ones of `unpackLimits`. */
  readonly limits?: Partial<UnpackLimits> | undefined;
}

/** An unpacker that inflates, hashes and writes each layer on a thread of its own, which ends with the layer. */
export function createUnpacker(options: UnpackerOptions = {}): Unpacker {
  const limits = { ...unpackLimits, ...options.limits };
  return { unpack: (source, directory, unpackOptions) => unpack(source, { directory, limits }, unpackOptions) };
}

async function unpack(
  { bytes, diffId }: LayerSource,
  destination: { readonly directory: string; readonly limits: UnpackLimits },
  { signal, onProgress }: UnpackOptions = {},
): Promise<UnpackedLayer> {
  signal?.throwIfAborted();
  let consumed = 0;
  await using thread = new UnpackThread({ ...destination, algorithm: algorithmOf(diffId) }, (count) => {
    consumed += count;
    onProgress?.(consumed);
  });
  const { digest, layer } = await whileFeeding(thread, bytes, signal);
  if (digest !== diffId) {
    throw new StowageError(
      "failed-precondition",
      `Cannot unpack layer ${diffId}: its plain tar is ${digest} (${layer.tarSize} bytes)`,
    );
  }
  return layer;
}

/** The answer of the thread, or whatever comes before it: the abort, a failure of the source, of the thread. */
async function whileFeeding(
  thread: UnpackThread,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Awaited<UnpackThread["answer"]>> {
  const interruption = Promise.withResolvers<never>();
  const abort = (): void => interruption.reject(signal?.reason);
  const feeding = { stopped: false };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const fed = feed(thread, bytes, feeding);
    await Promise.race([fed, thread.answer, interruption.promise]);
    return await Promise.race([thread.answer, interruption.promise]);
  } finally {
    feeding.stopped = true;
    signal?.removeEventListener("abort", abort);
  }
}

/** Lets go of the source at the first block after `stopped` is set. */
async function feed(
  thread: UnpackThread,
  bytes: AsyncIterable<Uint8Array>,
  state: { readonly stopped: boolean },
): Promise<void> {
  for await (const block of blocksOf(bytes)) {
    if (state.stopped) return;
    await thread.send(block);
  }
  thread.end();
}
