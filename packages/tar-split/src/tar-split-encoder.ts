/** The sum over the body of one file. */
export interface Checksum {
  update(bytes: Uint8Array): void;
  /** 8 bytes, the highest first. */
  digest(): Uint8Array;
}

/**
 * Writes, while a tar is read, what it is beside the bodies of its files, in the form of vbatts/tar-split: lines of JSON, each a
 * stretch of the tar as it is, or a file, by its path, to be put in between.
 *
 *     {"type":2,"payload":"<base64>","position":0}
 *     {"type":1,"name":"etc/hosts","size":42,"payload":"<base64 of the CRC-64>","position":1}
 *
 * Each header, with the padding before it and its extensions, is one stretch. Only files with a body are told of: who puts the tar
 * together asks for no others, and paths that come twice are no trouble then.
 */
export class TarSplitEncoder {
  readonly #write: (line: string) => void;
  readonly #startSum: () => Checksum;
  #stretch: Uint8Array[] = [];
  #stretchBytes = 0;
  #file: { readonly path: string; readonly sum: Checksum; size: number } | undefined;
  #position = 0;

  constructor(write: (line: string) => void, startSum: () => Checksum) {
    this.#write = write;
    this.#startSum = startSum;
  }

  /** Bytes of the tar that are in no body. They may change afterwards. */
  framing(bytes: Uint8Array): void {
    this.#stretch.push(bytes.slice());
    this.#stretchBytes += bytes.byteLength;
    if (this.#stretchBytes >= maxStretchBytes) this.entry();
  }

  /** An entry begins: its header was the last of the framing. */
  entry(): void {
    if (this.#stretchBytes === 0) return;
    const payload = Buffer.concat(this.#stretch).toString("base64");
    this.#stretch = [];
    this.#stretchBytes = 0;
    this.#writeLine({ type: 2, payload });
  }

  /** The body of a file begins, which is kept at a path of raw bytes, one a character. */
  startFile(path: string): void {
    this.#file = { path, sum: this.#startSum(), size: 0 };
  }

  body(bytes: Uint8Array): void {
    if (this.#file === undefined) return;
    this.#file.sum.update(bytes);
    this.#file.size += bytes.byteLength;
  }

  endFile(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined || file.size === 0) return;
    const payload = Buffer.from(file.sum.digest()).toString("base64");
    this.#writeLine({ type: 1, ...nameOf(file.path), size: file.size, payload });
  }

  /** What is left. */
  end(): void {
    this.entry();
  }

  #writeLine(line: object): void {
    this.#write(`${JSON.stringify({ ...line, position: this.#position })}\n`);
    this.#position += 1;
  }
}

/** More than the extensions of one entry may have; only what is behind the end of an archive is longer, and may be cut anywhere. */
const maxStretchBytes = 4 * 1024 * 1024;

/** JSON has only text; other bytes go as base64. */
function nameOf(path: string): { readonly name: string } | { readonly name_raw: string } {
  const bytes = Buffer.from(path, "latin1");
  const name = bytes.toString("utf8");
  return bytes.equals(Buffer.from(name, "utf8")) ? { name } : { name_raw: bytes.toString("base64") };
}
