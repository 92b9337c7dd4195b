/** How fast bytes come: over the last seconds, not since the beginning. Times are in milliseconds. */
export class RateWindow {
  #samples: readonly Sample[] = [];

  /** Notes that by `at` there were `bytes` in all. */
  add(at: number, bytes: number): void {
    const kept = this.#samples.filter((sample) => sample.at >= at - windowMilliseconds);
    this.#samples = [...kept, { at, bytes }];
  }

  /** Bytes a second; `undefined` while it is too early to say. */
  rate(now: number): number | undefined {
    const first = this.#samples.find((sample) => sample.at >= now - windowMilliseconds);
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || now - first.at < leastMilliseconds) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (now - first.at);
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
