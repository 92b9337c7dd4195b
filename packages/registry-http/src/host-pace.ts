import { pause } from "./backoff.ts";

/** How fast one host may be asked. */
interface Pace {
  /** Before this moment it is not asked at all. */
  heldUntil: number;
  /** When it asked to be asked again. */
  askedUntil: number;
  /** Requests a second; without limit until the host complains. */
  perSecond: number;
  /** Requests that may go at once. */
  tokens: number;
  countedAt: number;
}

/** Where a host that has complained begins again: slow enough for every public registry's limit on a burst. */
const firstPerSecond = 4;

/** A host that is asked this fast without complaint is not held back any more. */
const freePerSecond = 256;

/** For longer than this nobody is kept waiting by what a host told somebody else. */
const maxHeldMilliseconds = 60_000;

/** Hosts that are known at once; the one longest unasked is forgotten first. */
const maxHosts = 1024;

/**
 * A token bucket for each host, which all requests to it share. It has no limit until the host says that it is asked too
 * much; then it goes slowly, and twice as fast with every answer that is no complaint.
 */
export class HostPaces {
  readonly #now: () => number;
  readonly #paces = new Map<string, Pace>();

  /** `now` tells milliseconds on a clock that never jumps. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How long `host` is left alone: milliseconds. */
  heldFor(host: string): number {
    return Math.max(0, (this.#paces.get(host)?.heldUntil ?? 0) - this.#now());
  }

  /** How long `host` asked to be left alone by whoever it complained of: perhaps for longer than it is by all. */
  askedFor(host: string): number {
    return Math.max(0, (this.#paces.get(host)?.askedUntil ?? 0) - this.#now());
  }

  /** Waits for the turn of a request to `host`. */
  async enter(host: string, signal: AbortSignal | undefined): Promise<void> {
    for (let wait = this.#take(host); wait > 0; wait = this.#take(host)) {
      await pause(wait, signal);
    }
  }

  /**
   * The host says that it is asked too much, and perhaps when to come back. It is left alone for a minute at most: what it
   * says of one caller need not be so of another.
   */
  complain(host: string, waitMilliseconds: number): void {
    const known = this.#paces.get(host);
    const perSecond = known === undefined ? firstPerSecond : Math.max(1, Math.min(known.perSecond, freePerSecond) / 2);
    const heldUntil = Math.max(known?.heldUntil ?? 0, this.#now() + Math.min(waitMilliseconds, maxHeldMilliseconds));
    const askedUntil = this.#now() + waitMilliseconds;
    this.#paces.delete(host);
    const [oldest] = this.#paces.keys();
    if (oldest !== undefined && this.#paces.size >= maxHosts) this.#paces.delete(oldest);
    this.#paces.set(host, { heldUntil, askedUntil, perSecond, tokens: 1, countedAt: heldUntil });
  }

  /** The host answered as it should. */
  praise(host: string): void {
    const pace = this.#paces.get(host);
    if (pace === undefined || pace.heldUntil > this.#now()) return;
    pace.perSecond *= 2;
    if (pace.perSecond > freePerSecond) this.#paces.delete(host);
  }

  /** Takes a token, or says how many milliseconds to wait before asking for one again. */
  #take(host: string): number {
    const pace = this.#paces.get(host);
    const now = this.#now();
    if (pace === undefined) return 0;
    if (pace.heldUntil > now) return Math.ceil(pace.heldUntil - now);
    const since = Math.max(0, now - pace.countedAt) / 1000;
    pace.tokens = Math.min(1, pace.tokens + since * pace.perSecond);
    pace.countedAt = now;
    if (pace.tokens < 1) return Math.ceil((1000 * (1 - pace.tokens)) / pace.perSecond);
    pace.tokens -= 1;
    return 0;
  }
}
