import type { EncodedError } from "./error-transfer.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";

/**
 * To the process that hosts threads: where it belongs, which comes first, and then what is for its threads, each by the number that
 * it is opened under. A job's `fd` is the parent's.
 */
export type ToHost =
  | { readonly kind: "begin"; readonly cgroup: string; readonly parent: number }
  | { readonly kind: "open" | "cut-off"; readonly thread: number }
  | { readonly kind: "post"; readonly thread: number; readonly message: ToWorker };

/** From it: why it cannot begin, what its threads say, and that one is gone, by itself or because it was told to end. */
export type FromHost =
  | { readonly kind: "failed"; readonly error: EncodedError }
  | { readonly kind: "heard"; readonly thread: number; readonly message: FromWorker }
  | { readonly kind: "lost"; readonly thread: number; readonly error: EncodedError }
  | { readonly kind: "ended"; readonly thread: number };
