import { StowageError } from "@stowage/errors";
import { type Descriptor, formatDescriptor } from "./descriptor.ts";
import { startHash } from "./digest.ts";

type Expected = Pick<Descriptor, "digest" | "size">;

/** The bytes that came are not the bytes that were named. */
export class ContentMismatchError extends StowageError {
  readonly want: Expected;

  constructor(want: Expected, got: string) {
    super("failed-precondition", `Cannot accept ${formatDescriptor(want)}: the bytes that came are ${got}`);
    this.want = want;
  }
}

/** Passes `source` on unchanged; throws, at its end at the latest, unless it is what `want` names. */
export async function* verified(
  source: AsyncIterable<Uint8Array>,
  want: Expected,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = startHash(want.digest);
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > want.size) throw new ContentMismatchError(want, `more than ${want.size} bytes`);
    hash.update(chunk);
    yield chunk;
  }
  const digest = hash.finish();
  if (size !== want.size || digest !== want.digest) throw new ContentMismatchError(want, `${digest} (${size} bytes)`);
}

/** All of `source` in memory. Fails with `invalid-argument` beyond `limit` bytes, without reading on. */
export async function collectBytes(source: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > limit) throw new StowageError("invalid-argument", `Cannot read a document of more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
