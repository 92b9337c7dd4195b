import type { EncodedError } from "./error-transfer.ts";
import type { UnpackAnswer, UnpackJob } from "./unpack-layer.ts";

/**
 * To the worker: a job, how much of its file is in by now, as often as that grows, or word to stop at once. The next job comes
 * after the answer to the last; what still comes for an answered one is of no meaning. At rest, it may be told to end itself.
 */
export type ToWorker = { readonly kind: "start"; readonly job: UnpackJob } | OfJob | { readonly kind: "end" };

export type OfJob = { readonly kind: "arrived"; readonly bytes: number } | { readonly kind: "stop" };

/** From the worker: how much of the file it has read, now and then, and in the end one answer, after which it has no file open. */
export type FromWorker =
  | { readonly kind: "read"; readonly bytes: number }
  | ({ readonly kind: "done" } & UnpackAnswer)
  | { readonly kind: "failed"; readonly error: EncodedError };
