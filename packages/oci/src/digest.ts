import { createHash, type Hash } from "node:crypto";
import { StowageError } from "@stowage/errors";
import { quoteText } from "./quote.ts";

declare const brand: unique symbol;

export type DigestAlgorithm = "sha256" | "sha512";

/**
 * The name of some bytes, `<algorithm>:<lower-case hex>` (OCI image-spec, descriptor.md, "Digests").
 * A branded string: it compares with `===`, keys a `Map`, crosses to a worker and goes through JSON unchanged.
 * Its two parts are safe as file names and in URLs.
 */
export type Digest = `${DigestAlgorithm}:${string}` & { readonly [brand]: "Digest" };

const wellFormed = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function isDigest(text: string): text is Digest {
  return wellFormed.test(text);
}

/** Fails with `invalid-argument` for anything but a whole sha256 or sha512 digest. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new StowageError("invalid-argument", `Cannot parse digest ${quoteText(text)}`);
  }
  return text;
}

/** The digest of bytes in memory. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = "sha256"): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`);
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The hex after the colon. */
export function encodedOf(digest: Digest): string {
  return digest.slice(algorithmOf(digest).length + 1);
}

/** A running hash for bytes that should turn out to be `digest`; `finish` names what they were. */
export function startHash(digest: Digest): { update(chunk: Uint8Array): void; finish(): Digest } {
  const algorithm = algorithmOf(digest);
  const hash: Hash = createHash(algorithm);
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => parseDigest(`${algorithm}:${hash.digest("hex")}`),
  };
}
