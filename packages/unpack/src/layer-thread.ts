import type { FromWorker, ToWorker } from "./thread-messages.ts";

/** Who is told what comes from a thread. */
export interface ThreadListener {
  heard(message: FromWorker): void;
  /** The thread is gone. */
  lost(reason: unknown): void;
}

/** A thread that unpacks layers, one at a time, in this process or another one. It keeps this one alive only while somebody listens to it. */
export interface LayerThread {
  /** Whether it can be given work. */
  readonly isAlive: boolean;
  /** From now on tells `listener`, or nobody; of a thread that is gone already, at once. */
  listen(listener: ThreadListener | undefined): void;
  post(message: ToWorker): void;
  /** Ends a thread that does not come to its rest. */
  cutOff(): Promise<void>;
  /** Waits until it has ended itself. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts threads. Disposing it waits until what they ran in has ended, once they have. */
export interface LayerThreads {
  start(): LayerThread;
  [Symbol.asyncDispose](): Promise<void>;
}
