import { constants, statfsSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { IngestOptions } from "@stowage/content";
import { type AbortOptions, isErrno, StowageError } from "@stowage/errors";
import { allocateFile, type Durability, type HashCheckpoint, type ResumableHash, writeAt } from "@stowage/linux";
import { algorithmOf, ContentMismatchError, type Descriptor, parseDigest } from "@stowage/oci";
import { step } from "@stowage/steps";
import { Arrival } from "./arrival.ts";
import { canResume, startHashOf } from "./blob-hash.ts";
import { type Checkpoints, openCheckpoints, readCheckpoint, removeCheckpoint } from "./ingest-checkpoint.ts";
import { readFrom } from "./whole-file.ts";

/** A blob that arrives, and the file that it is gathered in; a checkpoint may be beside that. */
export interface Ingest {
  readonly path: string;
  readonly want: Pick<Descriptor, "digest" | "size">;
  readonly durability: Durability;
}

/** What the source of a blob threw, apart from what the disk did. */
class SourceFailure extends Error {}

/**
 * Gathers the blob, going on from what is in its file, and returns the file when it is whole and verified. What is there
 * already is hashed from its last checkpoint on, so that nothing is fetched twice and nothing is believed. Where the source
 * fails, what arrived stays; where the bytes or the disk are wrong, nothing does.
 */
export async function receive(
  ingest: Ingest,
  openSource: (offset: number) => AsyncIterable<Uint8Array>,
  options: IngestOptions,
): Promise<FileHandle> {
  const resumed = { bytes: 0 };
  const arrival = new Arrival(ingest.want.size);
  try {
    return await gather(ingest, { ...options, openSource, resumed, arrival });
  } catch (error) {
    arrival.fail(error);
    if (error instanceof SourceFailure) throw error.cause;
    if (options.signal?.aborted === true || isErrno(error, "EMFILE", "ENFILE")) throw error; // what is there is as good as before
    await removeIngestFile(ingest.path);
    if (resumed.bytes === 0 || !(error instanceof ContentMismatchError)) throw error;
    return await receive(ingest, openSource, options); // what was kept from before may have been wrong
  }
}

/** Drops the file and what is noted on it. */
export async function removeIngestFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await removeCheckpoint(path, Number.POSITIVE_INFINITY);
}

interface Gathering extends IngestOptions {
  readonly arrival: Arrival;
  readonly openSource: (offset: number) => AsyncIterable<Uint8Array>;
  /** How many bytes of an earlier try this one counts on. */
  readonly resumed: { bytes: number };
}

async function gather(ingest: Ingest, gathering: Gathering): Promise<FileHandle> {
  const { path, want } = ingest;
  const { signal, resumed, arrival, onFile } = gathering;
  await using opened = new AsyncDisposableStack();
  const { file, arrived } = await openFile(path);
  opened.use(file);
  step("ingest-opened");
  const from = await findCheckpoint(ingest, arrived);
  const hash = startHashOf(want.digest, from);
  await using checkpoints = openCheckpoints({ path, file, start: from?.bytes ?? 0, durability: ingest.durability });
  const writing = { path, file, hash, checkpoints, want, arrival };
  resumed.bytes = await hashArrived(writing, { start: from?.bytes ?? 0, end: arrived, signal });
  arrival.note(resumed.bytes);
  onFile?.(await arrival.open(path));
  const end = resumed.bytes === want.size ? want.size : await fetchRest(writing, resumed.bytes, gathering);
  const digest = parseDigest(`${algorithmOf(want.digest)}:${await hash.finish()}`);
  if (end !== want.size || digest !== want.digest) throw new ContentMismatchError(want, `${digest} (${end} bytes)`);
  await checkpoints.stop();
  step("ingest-whole");
  opened.move();
  return file;
}

/** The file, made where it is missing, and how many bytes are in it. */
async function openFile(path: string): Promise<{ readonly file: FileHandle; readonly arrived: number }> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  return { file, arrived: (await file.stat()).size };
}

async function findCheckpoint({ path, want }: Ingest, arrived: number): Promise<HashCheckpoint | undefined> {
  if (arrived === 0 || !canResume(want.digest)) return undefined;
  const noted = await readCheckpoint(path, want);
  return noted !== undefined && noted.bytes <= arrived ? noted : undefined;
}

interface Writing extends Pick<Ingest, "path" | "want"> {
  readonly file: FileHandle;
  readonly hash: ResumableHash;
  readonly checkpoints: Checkpoints;
  readonly arrival: Arrival;
}

/** Hashes what is in the file from `start` on; returns where that ends. A file that is too long is none of this blob. */
async function hashArrived(
  { file, hash, want }: Writing,
  { start, end, signal }: AbortOptions & { readonly start: number; readonly end: number },
): Promise<number> {
  if (end > want.size) {
    await file.truncate(start);
    return start;
  }
  let at = start;
  for await (const block of readFrom(file, { start, end, signal })) {
    await hash.update(block);
    at += block.byteLength;
  }
  return at;
}

/** Less than this is not worth a call: it fits or it does not. */
const reservedFrom = 1024 * 1024;

/** Takes the disk for what is still to come, before anything is asked for. Returns `at`. */
function reserve({ path, file, want }: Writing, at: number): number {
  if (want.size - at < reservedFrom) return at;
  try {
    allocateFile(file.fd, want.size);
  } catch (cause) {
    if (!isErrno(cause, "ENOSPC", "EDQUOT", "EFBIG")) throw cause;
    const why = `it takes ${want.size - at} more bytes and ${bytesLeft(path)} are left`;
    throw new StowageError("resource-exhausted", `Cannot store blob ${want.digest}: ${why}`, { cause });
  }
  return at;
}

function bytesLeft(path: string): number {
  const { bsize, bavail } = statfsSync(path);
  return bsize * bavail;
}

/** Gets what is missing from the source. Room that was made for what does not come is given back. */
async function fetchRest(
  writing: Writing,
  at: number,
  { openSource, signal }: Pick<Gathering, "openSource" | "signal">,
): Promise<number> {
  const source = guarded(openSource(reserve(writing, at)), signal);
  try {
    return await writeAll(writing, at, source);
  } catch (error) {
    const { size } = await writing.file.stat();
    await writing.file.truncate(size).catch(() => undefined); // what it failed over is to be told
    throw error;
  }
}

/** Writes and hashes each block at once, on other threads, while the next one arrives. Returns where the last one ended. */
async function writeAll(
  { file, hash, checkpoints, want, arrival }: Writing,
  start: number,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  let at = start;
  for await (const block of source) {
    if (at + block.byteLength > want.size) throw new ContentMismatchError(want, `more than ${want.size} bytes`);
    await both(hash.update(block), writeAt(file, block, at));
    step("ingest-written");
    at += block.byteLength;
    arrival.note(at);
    checkpoints.offer(hash.checkpoint());
  }
  return at;
}

/** Waits for both, also where one fails: the block they work on is only lent. */
async function both(...work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === "rejected") throw outcome.reason;
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
