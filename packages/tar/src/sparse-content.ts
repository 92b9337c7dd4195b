import type { SparseMap } from "./sparse-map.ts";

/** Where the content of a file goes. */
export interface ContentSink {
  data(chunk: Uint8Array): void;
  /** So many bytes that read as zeros and take no space. */
  hole(bytes: number): void;
}

/** Puts the stored bytes of a sparse file in their places: data and holes, in order. */
export class SparseContent {
  readonly #map: SparseMap;
  readonly #sink: ContentSink;
  #region = 0;
  #position = 0;

  constructor(map: SparseMap, sink: ContentSink) {
    this.#map = map;
    this.#sink = sink;
  }

  write(chunk: Uint8Array): void {
    let rest = chunk;
    for (let region = this.#map.regions[this.#region]; region !== undefined && rest.byteLength > 0; ) {
      if (this.#position < region.offset) this.#skipTo(region.offset);
      const part = rest.subarray(0, region.offset + region.length - this.#position);
      if (part.byteLength > 0) this.#sink.data(part);
      this.#position += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (this.#position === region.offset + region.length) region = this.#map.regions[++this.#region];
    }
  }

  end(): void {
    if (this.#position < this.#map.size) this.#skipTo(this.#map.size);
  }

  #skipTo(offset: number): void {
    this.#sink.hole(offset - this.#position);
    this.#position = offset;
  }
}
