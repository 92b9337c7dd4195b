import type { PushedImage } from "./images/push-image.ts";
import type { ProcessorTime } from "./processor-time.ts";

/** Somebody who brings an image from the registry onto a disk, unpacked. */
export interface Contender {
  readonly name: string;
  /** Programs. */
  readonly needs: readonly string[];
  /** Gets ready on a disk of its own; what it holds goes onto the stack. What comes back brings the image, once. */
  prepare(place: Place): Promise<() => Promise<Costs>>;
}

export interface Place {
  /** Empty. */
  readonly directory: string;
  readonly host: string;
  readonly image: PushedImage;
  readonly stack: AsyncDisposableStack;
  readonly signal: AbortSignal;
}

/** What it took from the first request to the answer. */
export interface Costs {
  readonly seconds: number;
  /** Of all processes of the contender, the daemon it may have included. */
  readonly processor: ProcessorTime;
  /** Of the largest of them. */
  readonly peakMebibytes: number;
  /** How long `ListImages` took meanwhile, for who serves it. */
  readonly lists?: ListTimes;
}

export interface ListTimes {
  readonly count: number;
  readonly p99Milliseconds: number;
  readonly mostMilliseconds: number;
  /** How late the bench itself was at such times, since others had the processors: as much of the above need not be the daemon. */
  readonly benchP99Milliseconds: number;
}
