import type { AbortOptions } from "@stowage/errors";
import type { Output } from "../terminal.ts";

/**
 * Writes bytes to an output, a block when the one before is out, and returns whether it took them all. Where it does not, nothing
 * more is read: what went wrong with an output is told by who listens to its errors, and a reader who has seen enough is no failure.
 */
export async function writeBytes(
  output: Output,
  blocks: AsyncIterable<Uint8Array>,
  { signal }: AbortOptions,
): Promise<boolean> {
  for await (const block of blocks) {
    signal?.throwIfAborted();
    if (!(await writeBlock(output, block, { signal }))) return false;
  }
  return true;
}

/** Writes a block, and returns whether it is out. A reader who does not read keeps nobody from being stopped. */
export async function writeBlock(
  output: Output,
  block: Uint8Array | string,
  { signal }: AbortOptions,
): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    output.write(block, (error) => resolve(error === null || error === undefined));
    return await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
