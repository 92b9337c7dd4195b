import { StowageError } from "@stowage/errors";
import { assembleEntry, type Extensions, entryRefusal } from "./assemble-entry.ts";
import { blockSize, decodeHeader, type Header } from "./header.ts";
import { decodeField } from "./latin1.ts";
import { type TarLimits, tarLimits } from "./limits.ts";
import { decodeNumber } from "./number-field.ts";
import { readPaxAttributes } from "./pax-attributes.ts";
import { decodePaxRecords } from "./pax-records.ts";
import { type Content, type Gather, gather, type State, skip } from "./reader-state.ts";
import { type ContentSink, SparseContent } from "./sparse-content.ts";
import { decodeOldRegions, makeSparseMap, SparseLines, type SparseMap, type SparseRegion } from "./sparse-map.ts";
import type { TarEntry } from "./tar-entry.ts";

/** Told of each entry in turn: `entry`, then `data` and `hole` as often as needed for a file, then `endEntry`. */
export interface TarSink extends ContentSink {
  entry(entry: TarEntry): void;
  /** A view of the block that was pushed: to be used at once or copied. */
  data(chunk: Uint8Array): void;
  endEntry(): void;
  /** All that is not told by `data` as it stands there: headers, extensions, padding, the end, and what is behind it. A view, too. */
  framing?(bytes: Uint8Array): void;
}

/**
 * Reads an archive that is pushed in blocks of any size, synchronously and without holding content. Two blocks of zeros
 * end it, and nothing behind them counts; so does the end of the bytes between two entries. Whatever else is wrong
 * fails with `invalid-argument`, after which the reader is of no more use. What a sink throws passes through.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #limits: TarLimits;
  #entries = 0;
  #extensions: Extensions = {};
  #state: State;

  constructor(sink: TarSink, limits: Partial<TarLimits> = {}) {
    this.#sink = sink;
    this.#limits = { ...tarLimits, ...limits };
    this.#state = this.#betweenEntries();
  }

  /** Whether the archive has come to its end; further bytes change nothing. */
  get ended(): boolean {
    return this.#state.kind === "ended";
  }

  push(block: Uint8Array): void {
    for (let rest = block; rest.byteLength > 0; ) rest = this.#take(rest);
  }

  /** Says that no more bytes come. Fails with `invalid-argument` where the archive has more to say. */
  end(): void {
    const { kind } = this.#state;
    if (kind === "ended") return;
    const mayEnd = kind === "gather" && this.#state.mayEnd && this.#state.filled === 0;
    if (!mayEnd) throw new StowageError("invalid-argument", "Cannot read tar: it is cut off");
    this.#state = { kind: "ended" };
  }

  /** Takes what the state wants of `bytes`, and returns the rest. */
  #take(bytes: Uint8Array): Uint8Array {
    const state = this.#state;
    switch (state.kind) {
      case "gather":
        return this.#gather(state, bytes);
      case "content":
        return this.#content(state, bytes);
      case "skip": {
        const taken = Math.min(state.left, bytes.byteLength);
        this.#sink.framing?.(bytes.subarray(0, taken));
        this.#state = skip(state.left - taken, state.next);
        return bytes.subarray(taken);
      }
      case "ended":
        this.#sink.framing?.(bytes);
        return bytes.subarray(bytes.byteLength);
    }
  }

  #gather(state: Gather, bytes: Uint8Array): Uint8Array {
    const { size, next } = state;
    if (state.filled === 0 && bytes.byteLength >= size) {
      this.#sink.framing?.(bytes.subarray(0, size));
      this.#state = next(bytes.subarray(0, size));
      return bytes.subarray(size);
    }
    const taken = Math.min(size - state.filled, bytes.byteLength);
    this.#sink.framing?.(bytes.subarray(0, taken));
    state.buffer ??= new Uint8Array(size);
    state.buffer.set(bytes.subarray(0, taken), state.filled);
    state.filled += taken;
    if (state.filled === size) this.#state = next(state.buffer);
    return bytes.subarray(taken);
  }

  #content(state: Content, bytes: Uint8Array): Uint8Array {
    const taken = Math.min(state.left, bytes.byteLength);
    const chunk = bytes.subarray(0, taken);
    if (state.sparse === undefined) this.#sink.data(chunk);
    else this.#sparse(state.sparse, chunk);
    state.left -= taken;
    if (state.left === 0) this.#state = this.#finish(state);
    return bytes.subarray(taken);
  }

  /** What is stored of a sparse file is not the file. */
  #sparse(content: SparseContent, chunk: Uint8Array): void {
    this.#sink.framing?.(chunk);
    content.write(chunk);
  }

  #betweenEntries(): State {
    return gather(blockSize, { mayEnd: true, next: (block) => this.#header(block) });
  }

  #header(block: Uint8Array): State {
    if (isZero(block)) return gather(blockSize, { mayEnd: true, next: endOrThrow });
    const header = decodeHeader(block);
    switch (header.type) {
      case "g":
        return skip(padded(header), () => this.#expectHeader());
      case "x":
        return this.#extension(header, this.#limits.paxBytes, (body) => ({
          pax: readPaxAttributes(decodePaxRecords(body, this.#limits), this.#limits),
        }));
      case "L":
        return this.#longName(header, "name");
      case "K":
        return this.#longName(header, "linkName");
      case "S":
        return this.#oldSparse(header, block);
      default:
        return this.#entry(header);
    }
  }

  /** Behind an extension there must be an entry. */
  #expectHeader(): State {
    const mayEnd = Object.keys(this.#extensions).length === 0;
    return gather(blockSize, {
      mayEnd,
      next: (block) => {
        if (!mayEnd && isZero(block))
          throw new StowageError("invalid-argument", "Cannot read tar: it ends behind an extended header");
        return this.#header(block);
      },
    });
  }

  #longName(header: Header, field: "name" | "linkName"): State {
    return this.#extension(header, this.#limits.longNameBytes, (body) => ({
      longNames: { ...this.#extensions.longNames, [field]: decodeField(body, 0, body.byteLength) },
    }));
  }

  #extension(header: Header, limit: number, read: (body: Uint8Array) => Extensions): State {
    if (header.size > limit)
      throw entryRefusal(header.name, `its extended header has ${header.size} bytes, at most ${limit} are allowed`);
    const bytes = padded(header);
    const next = (body: Uint8Array): State => {
      this.#extensions = { ...this.#extensions, ...read(body.subarray(0, header.size)) };
      return this.#expectHeader();
    };
    return bytes === 0 ? next(new Uint8Array()) : gather(bytes, { mayEnd: false, next });
  }

  #entry(header: Header): State {
    const entry = this.#assemble(header);
    const sparse = this.#extensions.pax?.sparse;
    this.#extensions = {};
    if (sparse === undefined || entry.kind !== "file") return this.#start(entry, entry.size);
    if (sparse.regions !== "before-data")
      return this.#startSparse(entry, makeSparseMap(sparse.regions, sparse.size, this.#limits));
    return this.#sparseLines(entry, sparse.size);
  }

  #assemble(header: Header): TarEntry {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) {
      throw new StowageError("invalid-argument", `Cannot read tar: it has more than ${this.#limits.entries} entries`);
    }
    return assembleEntry(header, this.#extensions, this.#limits);
  }

  /** The map of an old GNU sparse file begins in its header and goes on in blocks behind it. */
  #oldSparse(header: Header, block: Uint8Array): State {
    const entry = this.#assemble(header);
    this.#extensions = {};
    const size = decodeNumber(block, 483, 12);
    const regions: SparseRegion[] = [...decodeOldRegions(block, 386, 4)];
    const go = (isExtended: boolean): State => {
      if (!isExtended) return this.#startSparse(entry, makeSparseMap(regions, size, this.#limits));
      if (regions.length > this.#limits.sparseRegions) throw entryRefusal(entry.name, "its sparse map is too long");
      return gather(blockSize, {
        mayEnd: false,
        next: (more) => {
          regions.push(...decodeOldRegions(more, 0, 21));
          return go(more[504] !== 0);
        },
      });
    };
    return go(block[482] !== 0);
  }

  #sparseLines(entry: TarEntry, size: number): State {
    const lines = new SparseLines(this.#limits);
    let left = entry.size;
    const go = (): State => {
      left -= blockSize;
      if (left < 0) throw entryRefusal(entry.name, "its sparse map is cut off");
      return gather(blockSize, {
        mayEnd: false,
        next: (block) => {
          const regions = lines.push(block);
          if (regions === undefined) return go();
          return this.#startSparse({ ...entry, size: left }, makeSparseMap(regions, size, this.#limits));
        },
      });
    };
    return go();
  }

  #startSparse(entry: TarEntry, map: SparseMap): State {
    if (map.stored !== entry.size)
      throw entryRefusal(entry.name, `it stores ${entry.size} bytes and its sparse map ${map.stored}`);
    return this.#start({ ...entry, size: map.size, isSparse: true }, map.stored, new SparseContent(map, this.#sink));
  }

  #start(entry: TarEntry, stored: number, sparse?: SparseContent): State {
    this.#sink.entry(entry);
    const content: Content = { kind: "content", left: stored, padding: paddingOf(stored), sparse };
    return stored === 0 ? this.#finish(content) : content;
  }

  #finish({ padding, sparse }: Content): State {
    sparse?.end();
    this.#sink.endEntry();
    return skip(padding, () => this.#betweenEntries());
  }
}

function endOrThrow(block: Uint8Array): State {
  if (!isZero(block)) throw new StowageError("invalid-argument", "Cannot read tar: half of its end is in the middle");
  return { kind: "ended" };
}

function isZero(block: Uint8Array): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}

/** The bytes of a body with the zeros that fill its last block. */
function padded({ name, size }: Header): number {
  if (size < 0) throw entryRefusal(name, "its size is negative");
  return size + paddingOf(size);
}

function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}
