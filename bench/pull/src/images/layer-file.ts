import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { AbortOptions } from "@stowage/errors";
import { type Digest, parseDigest } from "@stowage/oci";

/** A layer in a file, as a registry gets it. */
export interface LayerFile {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  readonly diffId: Digest;
}

export type TarBlocks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Compresses a tar as builders of images do, with gzip at its usual level. */
export async function writeLayer(path: string, tar: TarBlocks, { signal }: AbortOptions): Promise<LayerFile> {
  const [plain, compressed] = [startCount(), startCount()];
  const options = signal === undefined ? {} : { signal };
  await pipeline(tar, plain.pass, createGzip({ level: 6 }), compressed.pass, createWriteStream(path), options);
  return { path, ...compressed.sum(), diffId: plain.sum().digest };
}

function startCount() {
  const hash = createHash("sha256");
  let size = 0;
  const pass = (blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> =>
    eachBlock(blocks, (block) => {
      hash.update(block);
      size += block.byteLength;
    });
  return { pass, sum: () => ({ digest: parseDigest(`sha256:${hash.digest("hex")}`), size }) };
}

async function* eachBlock(
  blocks: AsyncIterable<Uint8Array>,
  see: (block: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const block of blocks) {
    see(block);
    yield block;
  }
}
