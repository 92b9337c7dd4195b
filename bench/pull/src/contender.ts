import type { PushedImage } from "./images/push-image.ts";
import type { ProcessorTime } from "./processor-time.ts";

/** Somebody who brings an image from the registry onto a disk, unpacked. */
export interface Contender {
  readonly name: string;
  /** Programs. */
  readonly needs: readonly string[];
  /** Gets ready on a disk of its own; what it holds goes onto the stack. */
  prepare(place: Place): Promise<ReadyContender>;
}

export interface ReadyContender {
  /** Brings the image, once. */
  readonly pull: () => Promise<Costs>;
  /** The unix socket on which it should answer `ListImages` meanwhile. */
  readonly listAddress?: string;
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
}
