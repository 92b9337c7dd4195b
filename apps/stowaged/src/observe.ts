import { tracingChannel } from "node:diagnostics_channel";

/** How something ended that was told of on a tracing channel. */
export interface Ending {
  readonly seconds: number;
  /** What it failed with; `undefined` where it did not. */
  readonly error?: unknown;
}

export interface Observer<Trace> {
  readonly onStart?: ((trace: Trace) => void) | undefined;
  readonly onEnd: (trace: Trace, ending: Ending) => void;
}

/** Tells of all that begins and ends on a tracing channel, until it is disposed of. */
export function observe<Trace extends object>(channel: string, { onStart, onEnd }: Observer<Trace>): Disposable {
  const began = new WeakMap<object, number>();
  const subscribers = {
    start(trace: Trace): void {
      began.set(trace, performance.now());
      onStart?.(trace);
    },
    asyncEnd(trace: Trace & { readonly error?: unknown }): void {
      const start = began.get(trace);
      if (start !== undefined) onEnd(trace, { seconds: (performance.now() - start) / 1000, error: trace.error });
    },
  };
  const traces = tracingChannel<Trace>(channel);
  traces.subscribe(subscribers);
  return { [Symbol.dispose]: () => traces.unsubscribe(subscribers) };
}
