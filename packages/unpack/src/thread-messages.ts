import type { EncodedError } from "./error-transfer.ts";
import type { UnpackAnswer } from "./unpack-layer.ts";

/** To the worker: compressed bytes in order, then their end; or word to stop at once. */
export type ToWorker =
  | { readonly kind: "block"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "end" }
  | { readonly kind: "stop" };

/** From the worker: room for so many more bytes, and in the end one answer. */
export type FromWorker =
  | { readonly kind: "consumed"; readonly bytes: number }
  | ({ readonly kind: "done" } & UnpackAnswer)
  | { readonly kind: "failed"; readonly error: EncodedError };
