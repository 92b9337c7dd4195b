import type { LayerPhase, PullEvent } from "@stowage/image-service";

interface LayerProgress {
  readonly phase: LayerPhase;
  readonly bytes: number;
  readonly size: number;
}

export interface ProgressReport {
  /** Bytes, as they are at the registry, that are here of the layers that were not. */
  readonly bytes: number;
  /** What all of these layers are together. */
  readonly size: number;
  /** Since the report before. */
  readonly bytesPerSecond: number;
  /** Until all of it is here, at that rate; left out while nothing comes. */
  readonly secondsLeft?: number;
  /** How many layers are at what. */
  readonly layers: Readonly<Partial<Record<LayerPhase, number>>>;
}

/** How far a pull is, from what it tells on the way. Times are given in milliseconds, of any clock that only goes forward. */
export class PullProgress {
  readonly started: number;
  readonly #layers = new Map<string, LayerProgress>();
  #last: { readonly at: number; readonly bytes: number };

  constructor(now: number) {
    this.started = now;
    this.#last = { at: now, bytes: 0 };
  }

  note(event: PullEvent): void {
    if (event.kind === "layer") this.#layers.set(event.digest, event);
  }

  /** Bytes, as they are at the registry, that are here of the layers that were not. */
  get bytes(): number {
    return this.#brought().reduce((sum, layer) => sum + bytesHere(layer), 0);
  }

  report(now: number): ProgressReport {
    const { bytes } = this;
    const size = this.#brought().reduce((sum, layer) => sum + layer.size, 0);
    const bytesPerSecond = Math.max(0, Math.round(((bytes - this.#last.bytes) * 1000) / (now - this.#last.at)));
    this.#last = { at: now, bytes };
    const layers: Partial<Record<LayerPhase, number>> = {};
    for (const { phase } of this.#layers.values()) layers[phase] = (layers[phase] ?? 0) + 1;
    const eta = bytesPerSecond > 0 ? { secondsLeft: Math.ceil((size - bytes) / bytesPerSecond) } : {};
    return { bytes, size, bytesPerSecond, ...eta, layers };
  }

  #brought(): readonly LayerProgress[] {
    return [...this.#layers.values()].filter(({ phase }) => phase !== "present");
  }
}

/** What is unpacked is here, whatever of it has been read. */
function bytesHere({ phase, bytes, size }: LayerProgress): number {
  return phase === "unpacking" || phase === "done" ? size : bytes;
}
