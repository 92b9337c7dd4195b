import { closeSync, openSync, writeFileSync } from "node:fs";
import { type Digest, digestOf } from "@stowage/oci";
import type { LayerSource } from "@stowage/snapshots";
import { encodeTar, type TarFile } from "@stowage/tar";

/** The bytes of a layer, in a file at `path`. */
export function writeLayer(path: string, bytes: Uint8Array, diffId: Digest = digestOf(bytes)): LayerSource {
  writeFileSync(path, bytes);
  const size = bytes.byteLength;
  return {
    diffId,
    open: async () => {
      const fd = openSync(path, "r");
      return { fd, size, arrived: async () => size, [Symbol.asyncDispose]: async () => closeSync(fd) };
    },
  };
}

export function archiveOf(files: Iterable<TarFile>): Buffer {
  return Buffer.concat([...encodeTar(files)]);
}
