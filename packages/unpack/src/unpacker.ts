import { StowageError } from "@stowage/errors";
import { algorithmOf, type Digest } from "@stowage/oci";
import type { LayerSource, UnpackedLayer, Unpacker, UnpackOptions } from "@stowage/snapshots";
import { blocksOf } from "./blocks.ts";
import { type UnpackLimits, unpackLimits } from "./limits.ts";
import { ThreadPool } from "./thread-pool.ts";
import { ThreadWork } from "./thread-work.ts";
import type { UnpackAnswer } from "./unpack-layer.ts";

export interface UnpackerOptions {
  /** In place of single ones of `unpackLimits`. */
  readonly limits?: Partial<UnpackLimits> | undefined;
  /** How long a thread waits for its next layer before it ends. 10 s by default. */
  readonly idleMilliseconds?: number | undefined;
}

/**
 * An unpacker that inflates, hashes and writes each layer on a thread that is the layer's alone. Idle threads wait some
 * seconds for the next layer and keep no process alive; disposing the unpacker ends them.
 */
export function createUnpacker(options: UnpackerOptions = {}): Unpacker & AsyncDisposable {
  const limits = { ...unpackLimits, ...options.limits };
  const pool = new ThreadPool(options.idleMilliseconds);
  return {
    unpack: (source, directory, unpackOptions) => unpack({ pool, limits, directory }, source, unpackOptions),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

interface Surroundings {
  readonly pool: ThreadPool;
  readonly limits: UnpackLimits;
  readonly directory: string;
}

async function unpack(
  { pool, limits, directory }: Surroundings,
  { bytes, diffId }: LayerSource,
  { signal, onProgress }: UnpackOptions = {},
): Promise<UnpackedLayer> {
  signal?.throwIfAborted();
  const thread = pool.take();
  const work = new ThreadWork(thread, { directory, algorithm: algorithmOf(diffId), limits }, onProgress);
  try {
    return verified(await whileFeeding(work, bytes, signal), diffId);
  } finally {
    if (await work.leave()) await pool.giveBack(thread);
    else await thread[Symbol.asyncDispose]();
  }
}

function verified({ digest, layer }: UnpackAnswer, diffId: Digest): UnpackedLayer {
  if (digest === diffId) return layer;
  throw new StowageError(
    "failed-precondition",
    `Cannot unpack layer ${diffId}: its plain tar is ${digest} (${layer.tarSize} bytes)`,
  );
}

/** The answer of the thread, or whatever comes before it: the abort, a failure of the source, of the thread. */
async function whileFeeding(
  work: ThreadWork,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<UnpackAnswer> {
  const interruption = Promise.withResolvers<never>();
  const abort = (): void => interruption.reject(signal?.reason);
  const feeding = { stopped: false };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const fed = feed(work, bytes, feeding);
    await Promise.race([fed, work.answer, interruption.promise]);
    return await Promise.race([work.answer, interruption.promise]);
  } finally {
    feeding.stopped = true;
    signal?.removeEventListener("abort", abort);
  }
}

/** Lets go of the source at the first block after `stopped` is set. */
async function feed(
  work: ThreadWork,
  bytes: AsyncIterable<Uint8Array>,
  state: { readonly stopped: boolean },
): Promise<void> {
  for await (const block of blocksOf(bytes)) {
    if (state.stopped) return;
    await work.send(block);
  }
  work.end();
}
