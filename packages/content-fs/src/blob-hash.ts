import { createHash } from "node:crypto";
import { type HashCheckpoint, type ResumableHash, startResumableHash } from "@stowage/linux";
import { algorithmOf, type Digest } from "@stowage/oci";

/** The hash that `digest` is one of, begun or gone on with. Where its state cannot be had, its checkpoint is that of nothing. */
export function startHashOf(digest: Digest, from?: HashCheckpoint): ResumableHash {
  const algorithm = algorithmOf(digest);
  const resumable = startResumableHash(algorithm, from);
  if (resumable !== undefined) return resumable;
  const hash = createHash(algorithm);
  return {
    update: async (bytes) => void hash.update(bytes),
    checkpoint: () => ({ bytes: 0, state: "" }),
    finish: async () => hash.digest("hex"),
  };
}

/** Whether a checkpoint can be gone on from on this machine. */
export function canResume(digest: Digest): boolean {
  return startResumableHash(algorithmOf(digest)) !== undefined;
}
