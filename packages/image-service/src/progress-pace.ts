import type { PullEvent, PullOptions } from "./pull-event.ts";

type Layer = Extract<PullEvent, { readonly kind: "layer" }>;

interface TellingLayer {
  readonly told: Layer;
  readonly at: number;
  /** The latest since then. */
  readonly held?: Layer | undefined;
}

/**
 * Progress of one pull, with the bytes of each layer no more often than every so many milliseconds. What a layer is at is told
 * whenever that changes, and before it the last that there was to tell.
 */
export class ProgressPace {
  readonly #milliseconds: number;
  readonly #layers = new Map<string, TellingLayer>();

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** What is to be told now that this has happened. */
  next(event: PullEvent): readonly PullEvent[] {
    if (event.kind !== "layer") return [...this.rest(), event];
    const layer = this.#layers.get(event.digest);
    const at = performance.now();
    const isSame = layer?.told.phase === event.phase;
    if (isSame && at - layer.at < this.#milliseconds) {
      this.#layers.set(event.digest, { ...layer, held: event });
      return [];
    }
    this.#layers.set(event.digest, { told: event, at });
    return layer?.held === undefined || isSame ? [event] : [layer.held, event];
  }

  /** What has not been told yet. */
  rest(): readonly PullEvent[] {
    const held = [...this.#layers.values()].flatMap((layer) => layer.held ?? []);
    for (const event of held) this.#layers.set(event.digest, { told: event, at: performance.now() });
    return held;
  }
}

/** Tells somebody of a pull as often as they want to hear of it. Disposing it tells the rest. */
export interface PacedProgress extends Disposable {
  tell(event: PullEvent): void;
}

export function pacedProgress({
  onProgress,
  progressMilliseconds = 0,
}: Pick<PullOptions, "onProgress" | "progressMilliseconds">): PacedProgress {
  const pace = new ProgressPace(progressMilliseconds);
  const tellAll = (events: readonly PullEvent[]): void => events.forEach((event) => onProgress?.(event));
  return {
    tell: (event) => tellAll(pace.next(event)),
    [Symbol.dispose]: () => tellAll(pace.rest()),
  };
}
