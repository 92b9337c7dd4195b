import { StowageError } from "@stowage/errors";
import { algorithmOf, type Digest } from "@stowage/oci";
import type { LayerFile, LayerSource, UnpackedLayer, Unpacker, UnpackOptions } from "@stowage/snapshots";
import { type UnpackLimits, unpackLimits } from "./limits.ts";
import { HostedThreads } from "./thread-host.ts";
import { ThreadPool } from "./thread-pool.ts";
import { ThreadWork } from "./thread-work.ts";
import type { UnpackAnswer, UnpackJob } from "./unpack-layer.ts";
import { ownThreads } from "./unpack-thread.ts";

export interface UnpackerOptions {
  /** In place of single ones of `unpackLimits`. */
  readonly limits?: Partial<UnpackLimits> | undefined;
  /** How long a thread waits for its next layer before it ends. 10 s by default. */
  readonly idleMilliseconds?: number | undefined;
  /**
   * The cgroup, like `/pulls`, of a process that the threads are in, so that its limits are theirs. By default they are in this
   * process, in its own.
   */
  readonly cgroup?: string | undefined;
  /** `zlib` leaves libisal out, also where the machine has it. */
  readonly inflate?: "zlib" | undefined;
}

/**
 * An unpacker that inflates, hashes and writes each layer on a thread that is the layer's alone. Idle threads wait some
 * seconds for the next layer and keep no process alive; disposing the unpacker ends them.
 */
export function createUnpacker(options: UnpackerOptions = {}): Unpacker & AsyncDisposable {
  const limits = { ...unpackLimits, ...options.limits };
  const threads = options.cgroup === undefined ? ownThreads : new HostedThreads(options.cgroup);
  const pool = new ThreadPool(threads, options.idleMilliseconds);
  return {
    unpack: (source, directory, unpackOptions) =>
      unpack({ pool, limits, inflate: options.inflate, directory }, source, unpackOptions),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

interface Surroundings extends Pick<UnpackJob, "limits" | "inflate" | "directory"> {
  readonly pool: ThreadPool;
}

async function unpack(
  { pool, ...settings }: Surroundings,
  source: LayerSource,
  { signal, onProgress, tarSplit }: UnpackOptions = {},
): Promise<UnpackedLayer> {
  signal?.throwIfAborted();
  const thread = pool.take(); // it starts while the file is waited for
  try {
    await using file = await source.open({ signal });
    const { fd, size } = file;
    const job = { ...settings, tarSplit, fd, size, algorithm: algorithmOf(source.diffId) };
    const work = new ThreadWork(thread, job, onProgress);
    try {
      return verified(await whileArriving(work, file, signal), source.diffId);
    } finally {
      if (!(await work.leave())) await thread.cutOff(); // before the file is closed that it reads
    }
  } finally {
    await pool.giveBack(thread);
  }
}

function verified({ digest, layer }: UnpackAnswer, diffId: Digest): UnpackedLayer {
  if (digest === diffId) return layer;
  throw new StowageError(
    "failed-precondition",
    `Cannot unpack layer ${diffId}: its plain tar is ${digest} (${layer.tarSize} bytes)`,
  );
}

/** The answer of the thread, or whatever comes before it: the abort, the end of what arrives. */
async function whileArriving(
  work: ThreadWork,
  file: LayerFile,
  signal: AbortSignal | undefined,
): Promise<UnpackAnswer> {
  const interruption = Promise.withResolvers<never>();
  const abort = (): void => interruption.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    const told = tellOf(work, file);
    await Promise.race([told, work.answer, interruption.promise]);
    return await Promise.race([work.answer, interruption.promise]);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Tells the thread of all that arrives, until it has answered. */
async function tellOf(work: ThreadWork, file: LayerFile): Promise<void> {
  for (let at = 0; at < file.size && work.isOpen; ) {
    at = await file.arrived(at);
    work.note(at);
  }
}
