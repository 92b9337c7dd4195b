import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { StowageError } from "@stowage/errors";
import { startIsalInflater } from "@stowage/linux";
import { type CompressedBytes, readFrom } from "./arriving-file.ts";
import { gunzipped } from "./gunzipped.ts";

/**
 * The plain bytes of gzip (of any number of members), Zstandard (of any number of frames) or what is neither, told by
 * their first bytes, because media types lie. Fails with `invalid-argument` where they are broken, cut off or followed
 * by something else. Each chunk is to be used before the next is asked for.
 */
export async function* decompressed(
  bytes: CompressedBytes,
  { size, inflate }: DecompressOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const block = new Uint8Array(Math.min(Math.max(size, magicBytes), blockBytes));
  const start = block.subarray(0, await readStart(bytes, block));
  const format = formatOf(start.subarray(0, magicBytes));
  if (format === "plain") return yield* blocksOf(bytes, { block, start });
  const chunkSize = size < smallLayer ? smallChunkSize : largeChunkSize;
  try {
    yield* inflated(bytes, { format, chunkSize, inflate, block, start });
  } catch (cause) {
    if (!isBroken(cause)) throw cause;
    const why = `its ${format} is broken, cut off or followed by garbage`;
    throw new StowageError("invalid-argument", `Cannot decompress layer: ${why}`, { cause });
  }
}

export interface DecompressOptions {
  /** Of the compressed bytes. */
  readonly size: number;
  /** What gzip is inflated by; libisal, where the machine has it, if it is not given. */
  readonly inflate?: "zlib" | undefined;
}

/** What has been read already, and the memory that it lies in, to be used again. */
interface Begun {
  readonly block: Uint8Array;
  readonly start: Uint8Array;
}

interface Inflating extends Begun, Pick<DecompressOptions, "inflate"> {
  readonly format: "gzip" | "zstd";
  readonly chunkSize: number;
}

async function* inflated(bytes: CompressedBytes, how: Inflating): AsyncGenerator<Uint8Array, void, undefined> {
  const fast = how.format === "gzip" && how.inflate !== "zlib" ? startIsalInflater() : undefined;
  const rest = fast === undefined ? how.start : yield* gunzipped(fast, bytes, how);
  if (rest.byteLength > 0) yield* streamed(bytes, { ...how, start: rest });
}

/** By Node's own streams. */
async function* streamed(
  bytes: CompressedBytes,
  { format, chunkSize, start }: Inflating,
): AsyncGenerator<Uint8Array, void, undefined> {
  let fed = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const block of freshBlocksOf(bytes, start)) {
      fed += block.byteLength;
      yield block;
    }
  }
  const inflater = format === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  const feeding = pipeline(counted, inflater);
  feeding.catch(() => undefined);
  yield* inflater.iterator();
  await feeding;
  if (inflater.bytesWritten !== fed) throw Object.assign(new Error("bytes follow its end"), { code: "Z_TRAILING" });
}

/** A block for each read: a stream may hold several. */
async function* freshBlocksOf(bytes: CompressedBytes, start: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield start;
  for (;;) {
    const block = new Uint8Array(blockBytes);
    const count = await readFrom(bytes, block);
    if (count === 0) return;
    yield block.subarray(0, count);
  }
}

/** The same block for each read. */
async function* blocksOf(bytes: CompressedBytes, { block, start }: Begun): AsyncGenerator<Uint8Array, void, undefined> {
  for (let count = start.byteLength; count > 0; count = await readFrom(bytes, block)) yield block.subarray(0, count);
}

/** Enough to be told what it is, unless there is less. */
async function readStart(bytes: CompressedBytes, block: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < magicBytes) {
    const count = await readFrom(bytes, block.subarray(filled));
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** What inflates to about a chunk, and a fraction of what a reader of a file notices. */
const blockBytes = 256 * 1024;

/** A quarter of the speed goes with zlib's own 16 KiB; beyond 1 MiB there is nothing to gain. */
const largeChunkSize = 1024 * 1024;

/** For a small layer the large chunk would cost more than all else. */
const smallLayer = 16 * 1024;
const smallChunkSize = 64 * 1024;

/** Errors of the libraries themselves, and those of the pipeline when bytes come after the end. */
function isBroken(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^(Z_|ZSTD_|ISAL_|(?:ERR_STREAM_PREMATURE_CLOSE|ABORT_ERR)$)/.test(error.code)
  );
}

type Format = "gzip" | "zstd" | "plain";

function formatOf(head: Uint8Array): Format {
  const magic = Buffer.from(head).toString("hex");
  if (magic.startsWith("1f8b")) return "gzip";
  if (magic.startsWith("28b52ffd") || /^5[0-9a-f]2a4d18/.test(magic)) return "zstd";
  for (const [name, start] of foreign) {
    if (magic.startsWith(start))
      throw new StowageError("invalid-argument", `Cannot decompress layer: it is ${name}, which no layer may be`);
  }
  return "plain";
}

/** Formats that other tools know. None of them is in the OCI image-spec, and each would be one more way in. */
const foreign: readonly (readonly [string, string])[] = [
  ["xz", "fd377a585a00"],
  ["bzip2", "425a68"],
  ["lz4", "04224d18"],
];

const magicBytes = 6;
