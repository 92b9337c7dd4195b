import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AbortOptions } from "@stowage/errors";
import { type HashCheckpoint, type ResumableHash, startResumableHash } from "@stowage/linux";
import { algorithmOf, ContentMismatchError, type Descriptor, parseDigest } from "@stowage/oci";
import { syncDirectory } from "./durable-file.ts";
import { type Checkpoints, openCheckpoints, readCheckpoint } from "./ingest-checkpoint.ts";

/** A blob that arrives: where its bytes are gathered, what it is, and where it goes when it is whole. */
export interface Ingest {
  /** `data`, and `checkpoint.json` of it. */
  readonly directory: string;
  readonly want: Pick<Descriptor, "digest" | "size">;
  readonly path: string;
}

/** What the source of a blob threw, apart from what the disk did. */
class SourceFailure extends Error {}

/**
 * Gathers the blob and gives it its name, going on from what is there. Where the source fails, what arrived is kept with the
 * state of its hash, so that nothing is read or fetched twice; where the bytes or the disk are wrong, nothing is.
 */
export async function receive(
  ingest: Ingest,
  openSource: (offset: number) => AsyncIterable<Uint8Array>,
  { signal }: AbortOptions,
): Promise<void> {
  await mkdir(ingest.directory, { recursive: true, mode: 0o700 });
  const from = await readCheckpoint(ingest.directory, ingest.want);
  try {
    await gather(ingest, { from, openSource, signal });
  } catch (error) {
    if (error instanceof SourceFailure) throw error.cause;
    await rm(ingest.directory, { recursive: true, force: true });
    if (from === undefined || !(error instanceof ContentMismatchError)) throw error;
    return await receive(ingest, openSource, { signal }); // what was kept from before may have been wrong
  }
}

interface Gathering extends AbortOptions {
  readonly from: HashCheckpoint | undefined;
  readonly openSource: (offset: number) => AsyncIterable<Uint8Array>;
}

async function gather(ingest: Ingest, { from, openSource, signal }: Gathering): Promise<void> {
  const { directory, want, path } = ingest;
  const data = join(directory, "data");
  await using file = await open(data, from === undefined ? "w" : "r+", 0o600);
  const start = from?.bytes ?? 0;
  await file.truncate(start);
  const hash = startResumableHash(algorithmOf(want.digest), from);
  if (hash === undefined) throw new Error("the caller looked whether there is such a hash");
  await using checkpoints = openCheckpoints(ingest, file, start);
  const end = await writeAll({ file, hash, checkpoints, want, at: start }, guarded(openSource(start), signal));
  const digest = parseDigest(`${algorithmOf(want.digest)}:${await hash.finish()}`);
  if (end !== want.size || digest !== want.digest) throw new ContentMismatchError(want, `${digest} (${end} bytes)`);
  await checkpoints.stop();
  await file.chmod(0o400);
  await file.datasync();
  await rename(data, path);
  await syncDirectory(dirname(path));
  await rm(directory, { recursive: true, force: true });
}

interface Writing extends Pick<Ingest, "want"> {
  readonly file: FileHandle;
  readonly hash: ResumableHash;
  readonly checkpoints: Checkpoints;
  readonly at: number;
}

/** Writes and hashes each block at once, on other threads, while the next one arrives. Returns where the last one ended. */
async function writeAll(
  { file, hash, checkpoints, want, at: start }: Writing,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  let at = start;
  try {
    for await (const block of source) {
      if (at + block.byteLength > want.size) throw new ContentMismatchError(want, `more than ${want.size} bytes`);
      await both(hash.update(block), writeBlock(file, block, at));
      at += block.byteLength;
      checkpoints.offer(hash.checkpoint());
    }
  } catch (error) {
    if (error instanceof SourceFailure) await checkpoints.save(hash.checkpoint());
    throw error;
  }
  return at;
}

/** Waits for both, also where one fails: the block they work on is only lent. */
async function both(...work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === "rejected") throw outcome.reason;
}

/** A short write is legal; what is left either goes in or says why not. */
async function writeBlock(file: FileHandle, block: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < block.byteLength; ) {
    const { bytesWritten } = await file.write(block, at, block.byteLength - at, position + at);
    at += bytesWritten;
  }
}

async function* guarded(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const block of source) {
      signal?.throwIfAborted();
      yield block;
    }
  } catch (cause) {
    throw new SourceFailure("the source failed", { cause });
  }
}
