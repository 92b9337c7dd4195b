import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { asStorageError } from "@stowage/errors";
import { type ContinueCrc64, findIsalCrc64 } from "@stowage/linux";
import { type Checksum, Crc64, TarSplitEncoder } from "@stowage/tar-split";

/** A file that is being written, in gzip, by which a tar can be put together again from the files of its layer. */
export class TarSplitFile implements Disposable {
  readonly encoder: TarSplitEncoder;
  readonly #path: string;
  readonly #fd: number;
  /** Bytes that are in. */
  #end = 0;
  #lines: string[] = [];
  #size = 0;

  constructor(path: string) {
    this.#path = path;
    this.#fd = writing(() => openSync(path, "wx", 0o644));
    this.encoder = new TarSplitEncoder((line) => this.#add(line), startSum);
  }

  /** Writes what is left. A file by which not all can be put together again is worse than none. */
  end({ isWhole }: { readonly isWhole: boolean }): void {
    this.encoder.end();
    this.#flush();
    if (!isWhole) writing(() => unlinkSync(this.#path));
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#size += line.length;
    if (this.#size >= memberSize) this.#flush();
  }

  /** One more member of the gzip file: so nothing is held longer, and no stream has to be waited for. */
  #flush(): void {
    const member = gzipSync(this.#lines.join(""), { level: 1 });
    for (let at = 0; at < member.byteLength; )
      at += writing(() => writeSync(this.#fd, member, at, member.byteLength - at, this.#end + at));
    this.#end += member.byteLength;
    this.#lines = [];
    this.#size = 0;
  }
}

function writing<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw asStorageError(error, "write down what a layer's tar is beside its files");
  }
}

/** Text of a gzip member: long enough to be compressed well. */
const memberSize = 1024 * 1024;

function startSum(): Checksum {
  const continued = findIsalCrc64();
  return continued === undefined ? new Crc64() : new LibrarySum(continued);
}

class LibrarySum implements Checksum {
  readonly #continue: ContinueCrc64;
  #sum = 0n;

  constructor(continued: ContinueCrc64) {
    this.#continue = continued;
  }

  update(bytes: Uint8Array): void {
    this.#sum = this.#continue(this.#sum, bytes);
  }

  digest(): Uint8Array {
    const digest = Buffer.alloc(8);
    digest.writeBigUInt64BE(this.#sum);
    return digest;
  }
}
