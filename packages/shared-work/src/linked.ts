/** A signal that aborts with others. Disposing it lets go of them. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Aborts with the first of `signals` that does, with its reason. To be used where one of them outlives the work: what
 * `AbortSignal.any` makes stays in memory as long as the longest of them, once somebody has listened to it.
 */
export function linked(...signals: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const sources = signals.filter((signal) => signal !== undefined);
  const unlink = sources.map((source) => {
    const abort = (): void => controller.abort(source.reason);
    source.addEventListener("abort", abort);
    return () => source.removeEventListener("abort", abort);
  });
  const aborted = sources.find((source) => source.aborted);
  if (aborted !== undefined) controller.abort(aborted.reason);
  return { signal: controller.signal, [Symbol.dispose]: () => unlink.forEach((end) => end()) };
}
