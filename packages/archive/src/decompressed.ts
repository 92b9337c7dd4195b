import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { StowageError } from "@stowage/errors";
import type { Compression } from "@stowage/oci";

/** How bytes are compressed, told by the first of them, because names and media types lie. */
export function compressionOf(start: Uint8Array): Compression {
  const magic = Buffer.from(start.subarray(0, magicBytes)).toString("hex");
  if (magic.startsWith("1f8b")) return "gzip";
  return magic === "28b52ffd" || /^5[0-9a-f]2a4d18$/.test(magic) ? "zstd" : "none";
}

/** So many of the first bytes tell. */
export const magicBytes = 4;

/** The plain bytes of a gzip, a zstd or a plain stream. Fails with `failed-precondition` where it is broken or cut off. */
export async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const blocks = source[Symbol.asyncIterator]();
  try {
    const start = await takeStart(blocks);
    const compression = compressionOf(start);
    const all = resumed(start, blocks);
    if (compression === "none") yield* all;
    else yield* inflated(all, compression);
  } finally {
    await blocks.return?.();
  }
}

async function takeStart(blocks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array();
  while (start.byteLength < magicBytes) {
    const next = await blocks.next();
    if (next.done === true) break;
    start = Buffer.concat([start, next.value]);
  }
  return start;
}

async function* resumed(
  start: Uint8Array,
  blocks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield start;
  for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) yield next.value;
}

async function* inflated(
  source: AsyncIterable<Uint8Array>,
  compression: "gzip" | "zstd",
): AsyncGenerator<Uint8Array, void, undefined> {
  const inflater = compression === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  const feeding = pipeline(Readable.from(source, { objectMode: false }), inflater);
  feeding.catch(() => undefined); // told below
  try {
    yield* inflater.iterator();
    await feeding;
  } catch (cause) {
    if (!isBroken(cause)) throw cause;
    throw new StowageError("failed-precondition", `Cannot read archive: its ${compression} is broken or cut off`, {
      cause,
    });
  } finally {
    inflater.destroy();
    await feeding.catch(() => undefined); // whoever stopped it knows
  }
}

function isBroken(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(?:Z_|ZSTD_)/.test(String(error.code));
}

/** A quarter of the speed goes with zlib's own 16 KiB. */
const chunkSize = 1024 * 1024;
