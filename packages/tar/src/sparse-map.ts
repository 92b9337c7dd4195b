import { StowageError } from "@stowage/errors";
import { decodeLatin1 } from "./latin1.ts";
import type { TarLimits } from "./limits.ts";
import { decodeNumber } from "./number-field.ts";

/** A run of data in a sparse file. What lies between the runs is holes. */
export interface SparseRegion {
  readonly offset: number;
  readonly length: number;
}

/** The runs of a sparse file in order, the size that it reads as, and the bytes that the archive stores for it. */
export interface SparseMap {
  readonly regions: readonly SparseRegion[];
  readonly size: number;
  readonly stored: number;
}

/** Judges the runs of a map. Fails with `invalid-argument` where they overlap, leave the file or are too many. */
export function makeSparseMap(regions: readonly SparseRegion[], size: number, limits: TarLimits): SparseMap {
  if (regions.length > limits.sparseRegions) throw refusal(`it has more than ${limits.sparseRegions} regions`);
  if (!isSize(size)) throw refusal("its size is wrong");
  let end = 0;
  let stored = 0;
  for (const { offset, length } of regions) {
    if (!isSize(offset) || !isSize(length) || offset < end || offset + length > size)
      throw refusal("its regions are out of order");
    end = offset + length;
    stored += length;
  }
  return { regions, size, stored };
}

/** Old GNU: `count` regions of two 12-byte numbers each; the first one without an offset ends them. */
export function decodeOldRegions(block: Uint8Array, start: number, count: number): readonly SparseRegion[] {
  const regions: SparseRegion[] = [];
  for (let at = start; regions.length < count && block[at] !== 0; at += 24) {
    regions.push({
      offset: decodeNumber(block, at, 12),
      length: decodeNumber(block, at + 12, 12),
    });
  }
  return regions;
}

/** PAX 0.1: `offset,length,offset,length`. */
export function parseSparseList(text: string): readonly SparseRegion[] {
  return pair(text === "" ? [] : text.split(",").map(parseSparseNumber));
}

/** PAX 1.0: the number of regions and then theirs, a line each, in whole blocks before the data. */
export class SparseLines {
  readonly #limits: TarLimits;
  #text = "";
  #lines = 0;
  #wanted = 1;

  constructor(limits: TarLimits) {
    this.#limits = limits;
  }

  /** Takes a block; the regions as soon as all of them are in. */
  push(block: Uint8Array): readonly SparseRegion[] | undefined {
    const text = decodeLatin1(block);
    this.#text += text;
    this.#lines += text.split("\n").length - 1;
    if (this.#text.length - block.byteLength > this.#wanted * maxLineBytes) throw refusal("a line is too long");
    if (this.#lines > 0 && this.#wanted === 1) this.#wanted += 2 * this.#count();
    if (this.#lines < this.#wanted) return undefined;
    return pair(this.#text.split("\n").slice(1, this.#wanted).map(parseSparseNumber));
  }

  #count(): number {
    const count = parseSparseNumber(this.#text.slice(0, this.#text.indexOf("\n")));
    if (count > this.#limits.sparseRegions) throw refusal(`it has more than ${this.#limits.sparseRegions} regions`);
    return count;
  }
}

/** The digits of 64 bits and a newline. */
const maxLineBytes = 20;

export function parseSparseNumber(text: string): number {
  if (!/^[0-9]{1,19}$/.test(text)) throw refusal(`${JSON.stringify(text.slice(0, 32))} is no number`);
  return Number(text);
}

/** Offsets and lengths in turns. */
export function pair(numbers: readonly number[]): readonly SparseRegion[] {
  if (numbers.length % 2 !== 0) throw refusal("an offset has no length");
  const regions: SparseRegion[] = [];
  for (let at = 0; at < numbers.length; at += 2)
    regions.push({ offset: numbers[at] ?? 0, length: numbers[at + 1] ?? 0 });
  return regions;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function refusal(why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read sparse map: ${why}`);
}
