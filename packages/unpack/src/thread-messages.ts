import type { EncodedError } from "./error-transfer.ts";
import type { UnpackAnswer, UnpackJob } from "./unpack-layer.ts";

/**
 * To the worker: a job, its compressed bytes in order, then their end; or word to stop at once. The next job comes after
 * the answer to the last; what still arrives for an answered one is dropped.
 */
export type ToWorker = { readonly kind: "start"; readonly job: UnpackJob } | OfJob;

export type OfJob =
  | { readonly kind: "block"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "end" }
  | { readonly kind: "stop" };

/**
 * From the worker: room for so many more bytes, and in the end one answer, after which it has no file open. Done is said
 * of all blocks.
 */
export type FromWorker =
  | { readonly kind: "consumed"; readonly bytes: number }
  | ({ readonly kind: "done" } & UnpackAnswer)
  | { readonly kind: "failed"; readonly error: EncodedError };
