/** How fast bytes come: over the last seconds, not since the beginning. Times are in milliseconds. */
export class RateWindow {
  #samples: readonly Sample[] = [];
  #latest: Sample | undefined;

  /** Notes that by `at` there were `bytes` in all. */
  add(at: number, bytes: number): void {
    this.#latest = { at, bytes };
    if (at - (this.#samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < spacingMilliseconds) return;
    const kept = this.#samples.filter((sample) => sample.at >= at - windowMilliseconds);
    this.#samples = [...kept, this.#latest];
  }

  /** Bytes a second; `undefined` while it is too early to say. */
  rate(now: number): number | undefined {
    const first = this.#samples.find((sample) => sample.at >= now - windowMilliseconds);
    if (first === undefined || this.#latest === undefined || now - first.at < leastMilliseconds) return undefined;
    return ((this.#latest.bytes - first.bytes) * 1000) / (now - first.at);
  }
}

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Long enough to be steady, short enough to follow a change. */
const windowMilliseconds = 5000;

/** What came in less time than this says nothing. */
const leastMilliseconds = 500;

/** News come a thousand times a second; so many samples are not needed. */
const spacingMilliseconds = 100;
