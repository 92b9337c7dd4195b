import { createHash } from "node:crypto";
import { type Digest, encodedOf } from "@stowage/oci";

/**
 * The directory names of the layers of a chain, bottom first, as containers/storage makes them, so that podman and
 * CRI-O share them: the hex of the first diff id, then the sha256 of `<parent id>+<hex of the diff id>`. Not OCI chain ids.
 */
export function layerIdsOf(diffIds: readonly Digest[]): readonly string[] {
  const ids: string[] = [];
  for (const diffId of diffIds) {
    const parent = ids.at(-1);
    ids.push(parent === undefined ? encodedOf(diffId) : hash(`${parent}+${encodedOf(diffId)}`).toString("hex"));
  }
  return ids;
}

/** The directory name of the top layer of a chain that is not empty. */
export function layerIdOf(diffIds: readonly Digest[]): string {
  const id = layerIdsOf(diffIds).at(-1);
  if (id === undefined) throw new Error("a chain without layers has no id");
  return id;
}

/**
 * The short name under `l/` that keeps mount options below a page: 26 characters of A-Z2-7. containers/storage draws
 * it at random; ours follows from the layer id, so that making it twice makes it once.
 */
export function linkNameOf(layerId: string): string {
  return [...hash(`link of ${layerId}`).subarray(0, 26)]
    .map((byte) => alphabet.charAt(byte % alphabet.length))
    .join("");
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
