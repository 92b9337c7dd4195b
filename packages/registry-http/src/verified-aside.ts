import { type ResumableHash, startResumableHash } from "@stowage/linux";
import { algorithmOf, ContentMismatchError, type Descriptor, verified } from "@stowage/oci";

/** Below this, handing blocks to another thread costs more than hashing them here. */
const leastBytes = 1024 * 1024;

/**
 * As `verified`: passes `source` on unchanged and throws, at its end at the latest, unless it is what `want` names. Large
 * ones are hashed on another thread, while the reader works on the same block and the next one arrives.
 */
export function verifiedAside(
  source: AsyncIterable<Uint8Array>,
  want: Pick<Descriptor, "digest" | "size">,
): AsyncIterable<Uint8Array> {
  const hash = want.size < leastBytes ? undefined : startResumableHash(algorithmOf(want.digest));
  return hash === undefined ? verified(source, want) : hashed(source, want, hash);
}

async function* hashed(
  source: AsyncIterable<Uint8Array>,
  want: Pick<Descriptor, "digest" | "size">,
  hash: ResumableHash,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const block of source) {
    size += block.byteLength;
    if (size > want.size) throw new ContentMismatchError(want, `more than ${want.size} bytes`);
    const hashing = hash.update(block);
    try {
      yield block;
    } finally {
      await hashing; // also where the reader leaves: the block is in use until then
    }
  }
  const digest = `${algorithmOf(want.digest)}:${await hash.finish()}`;
  if (size !== want.size || digest !== want.digest) throw new ContentMismatchError(want, `${digest} (${size} bytes)`);
}
