import type { CallOptions } from "@connectrpc/connect";
import { linked } from "@stowage/shared-work";
import { errorOf } from "./error-of.ts";

/** The answers of a call that gives many. Who takes no more of them ends the call. */
export async function* answers<Answer>(
  signal: AbortSignal | undefined,
  ask: (options: CallOptions) => AsyncIterable<Answer>,
): AsyncGenerator<Answer, void, undefined> {
  const leaving = new AbortController();
  using either = linked(signal, leaving.signal);
  try {
    yield* ask({ signal: either.signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw errorOf(error);
  } finally {
    leaving.abort();
  }
}

/** Makes a call, whose failure has the code and the text that it had in the daemon. */
export async function call<Result>(
  signal: AbortSignal | undefined,
  work: (options: CallOptions) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw errorOf(error);
  }
}
