import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { StowageError } from "@stowage/errors";
import { firstBlockSize } from "./blocks.ts";

/**
 * The plain bytes of gzip (of any number of members), Zstandard (of any number of frames) or what is neither, told by
 * their first bytes, because media types lie. Fails with `invalid-argument` where they are broken, cut off or followed
 * by something else. Each chunk is to be used before the next is asked for.
 */
export async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, whole } = await peek(source);
  const format = formatOf(start.subarray(0, magicBytes));
  const chunkSize = start.byteLength < smallStart ? smallChunkSize : largeChunkSize;
  if (format === "plain") yield* whole;
  else yield* inflated(whole, { format, chunkSize });
}

async function* inflated(
  source: AsyncIterable<Uint8Array>,
  { format, chunkSize }: { readonly format: "gzip" | "zstd"; readonly chunkSize: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let fed = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const block of source) {
      fed += block.byteLength;
      yield block;
    }
  }
  const inflater = format === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  const feeding = pipeline(counted, inflater);
  feeding.catch(() => undefined);
  try {
    yield* inflater.iterator();
    await feeding;
  } catch (cause) {
    if (!isBroken(cause)) throw cause;
    throw new StowageError(
      "invalid-argument",
      `Cannot decompress layer: its ${format} is broken, cut off or followed by garbage`,
      { cause },
    );
  }
  if (inflater.bytesWritten !== fed) {
    throw new StowageError(
      "invalid-argument",
      `Cannot decompress layer: ${fed - inflater.bytesWritten} bytes follow the end of its ${format}`,
    );
  }
}

/** A quarter of the speed goes with zlib's own 16 KiB; beyond 1 MiB there is nothing to gain. */
const largeChunkSize = 1024 * 1024;

/** A source that starts with less is most likely a small layer, for which the large chunk would cost more than all else. */
const smallStart = firstBlockSize;
const smallChunkSize = 64 * 1024;

/** Errors of zlib itself, and those of the pipeline when bytes come after the end. */
function isBroken(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^(Z_|ZSTD_|(?:ERR_STREAM_PREMATURE_CLOSE|ABORT_ERR)$)/.test(error.code)
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

/** The first blocks, of at least `magicBytes` if there are so many, and all of them from the start. */
async function peek(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly start: Uint8Array; readonly whole: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < magicBytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    size += next.value.byteLength;
  }
  async function* whole(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
  return { start: Buffer.concat(first), whole: whole() };
}
