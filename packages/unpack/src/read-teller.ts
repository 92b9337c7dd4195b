/** Tells how much of a file has been read, now and then, also while one piece of it keeps somebody busy for long. */
export class ReadTeller {
  readonly #tell: (bytes: number) => void;
  readonly #now: () => number;
  #told = 0;
  #toldAt: number;

  /** `now` gives milliseconds. */
  constructor(tell: (bytes: number) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
    this.#toldAt = now();
  }

  /** Says that work goes on, and how much has been read. */
  note(bytes: number): void {
    const now = this.#now();
    if (bytes - this.#told < tellingBytes && now - this.#toldAt < tellingMilliseconds) return;
    this.#told = bytes;
    this.#toldAt = now;
    this.#tell(bytes);
  }
}

/** Often enough for whoever watches, and more than a small layer, for which the answer says all. */
const tellingBytes = 1024 * 1024;

/** A MiB may become a GiB of files, and whoever watches has to see that it does. */
const tellingMilliseconds = 1000;
