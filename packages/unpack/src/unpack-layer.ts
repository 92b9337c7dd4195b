import { createHash } from "node:crypto";
import { StowageError } from "@stowage/errors";
import type { UnpackedLayer } from "@stowage/snapshots";
import { type TarLimits, TarReader, tarLimits } from "@stowage/tar";
import type { CompressedBytes } from "./arriving-file.ts";
import { type DecompressOptions, decompressed } from "./decompressed.ts";
import { finishLayer } from "./finish-layer.ts";
import { LayerTree } from "./layer-tree.ts";
import { LayerWriter } from "./layer-writer.ts";
import type { UnpackLimits } from "./limits.ts";
import { TarSplitFile } from "./tar-split-file.ts";

/** What one thread needs to know to unpack one layer. It crosses to a worker unchanged. */
export interface UnpackJob extends DecompressOptions {
  /** The file of the compressed bytes. */
  readonly fd: number;
  readonly directory: string;
  /** Where the file goes by which the plain tar can be put together again, if anywhere. */
  readonly tarSplit?: string | undefined;
  readonly algorithm: "sha256" | "sha512";
  readonly limits: UnpackLimits;
}

/** The layer, and the digest of its plain tar, which is for the caller to judge. */
export interface UnpackAnswer {
  readonly digest: string;
  readonly layer: UnpackedLayer;
}

/** Unpacks a layer, on this thread, and tells `onChunk` after each piece of it. Files are written synchronously; inflating runs beside it. */
export async function unpackLayer(bytes: CompressedBytes, job: UnpackJob, onChunk?: () => void): Promise<UnpackAnswer> {
  const { directory, algorithm, limits } = job;
  using tree = new LayerTree(directory, limits);
  using split = job.tarSplit === undefined ? undefined : new TarSplitFile(job.tarSplit);
  using writer = new LayerWriter(tree, limits, split?.encoder);
  const reader = new TarReader(writer, readerLimits(limits));
  const hash = createHash(algorithm);
  const meter = new ExpansionMeter(limits);
  const start = new LayerStart();
  for await (const chunk of decompressed(meter.compressed(bytes), job)) {
    meter.plain(chunk);
    start.look(chunk);
    hash.update(chunk);
    reader.push(chunk);
    onChunk?.();
  }
  reader.end();
  split?.end({ isWhole: !tree.hasLostBytes });
  const layer = finishLayer(tree, writer.pending);
  return { digest: `${algorithm}:${hash.digest("hex")}`, layer: { tarSize: meter.plainBytes, ...layer } };
}

/** Sees to it that bytes which begin with the end of an archive are one: file systems (EROFS, ext4) begin with as many zeros. */
class LayerStart {
  #zeros = 0;
  #isOver = false;

  look(chunk: Uint8Array): void {
    if (this.#isOver) return;
    const other = chunk.findIndex((byte) => byte !== 0);
    this.#zeros += other === -1 ? chunk.byteLength : other;
    this.#isOver = other !== -1;
    if (this.#isOver && this.#zeros >= endBytes) throw refusal("it is no archive: it begins with zeros");
  }
}

/** POSIX ustar, "end-of-archive": two blocks of zeros. */
const endBytes = 1024;

function readerLimits({ entries, headerBytes }: UnpackLimits): Partial<TarLimits> {
  return { entries, paxBytes: headerBytes, longNameBytes: Math.min(tarLimits.longNameBytes, headerBytes) };
}

/** Watches what becomes of the compressed bytes. */
class ExpansionMeter {
  readonly #limits: UnpackLimits;
  #compressedBytes = 0;
  plainBytes = 0;

  constructor(limits: UnpackLimits) {
    this.#limits = limits;
  }

  compressed(bytes: CompressedBytes): CompressedBytes {
    return {
      readNow: (into) => {
        const count = bytes.readNow(into);
        this.#compressedBytes += count ?? 0;
        return count;
      },
      arrival: () => bytes.arrival(),
    };
  }

  plain(chunk: Uint8Array): void {
    const { bytes, expansion, expansionFloor } = this.#limits;
    this.plainBytes += chunk.byteLength;
    if (this.plainBytes > bytes) throw refusal(`it has more than ${bytes} bytes`);
    if (this.plainBytes > expansionFloor && this.plainBytes > expansion * this.#compressedBytes) {
      throw refusal(`it grows more than ${expansion} times`);
    }
  }
}

function refusal(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot decompress layer: ${why}`);
}
