import type { AbortOptions } from "@stowage/errors";

/** The same blocks, until the signal aborts, which fails with its reason also while a block is waited for. */
export async function* untilAborted(
  source: AsyncIterable<Uint8Array>,
  { signal }: AbortOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal === undefined) return yield* source;
  signal.throwIfAborted();
  const blocks = source[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  aborted.promise.catch(() => undefined); // nobody may be waiting
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      const next = await Promise.race([blocks.next(), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    const ended = Promise.resolve(blocks.return?.()); // a source that waits ends when it comes back
    if (signal.aborted) ended.catch(() => undefined);
    else await ended;
  }
}
