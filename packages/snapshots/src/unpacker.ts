import type { AbortOptions } from "@stowage/errors";
import type { Digest } from "@stowage/oci";
import type { Usage } from "./usage.ts";

/**
 * Turns one layer, gzip, Zstandard or plain by its first bytes, into files under an empty directory, touching nothing
 * outside it. Whiteouts become overlayfs whiteouts. Bytes whose plain tar is not `diffId` fail with
 * `failed-precondition`, a broken or forbidden tar with `invalid-argument`; what was written by then is the caller's
 * to drop.
 */
export interface Unpacker {
  unpack(source: LayerSource, directory: string, options?: UnpackOptions): Promise<UnpackedLayer>;
}

export interface LayerSource {
  /** Opens the file that the layer, compressed or not, is in or arrives in. Whoever opens it closes it. */
  open(options?: AbortOptions): Promise<LayerFile>;
  readonly diffId: Digest;
}

/** A file that is read while it may still be written, up to what has arrived. */
export interface LayerFile extends AsyncDisposable {
  readonly fd: number;
  /** Bytes of the whole. */
  readonly size: number;
  /** How many bytes are in, as soon as those are more than `at`, or all. Fails where no more will come. */
  arrived(at: number): Promise<number>;
}

export interface UnpackOptions extends AbortOptions {
  /** Called now and then with the number of compressed bytes unpacked so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /**
   * The path of a file to be made, in gzip, by which the plain tar can be put together again from the files, as tar-split does.
   * None is left where a path comes twice in the layer with bytes each time.
   */
  readonly tarSplit?: string | undefined;
}

/**
 * What a layer holds, and what it still needs from the layers below it. Paths are relative to the layer's root,
 * as raw bytes, one per character (latin1), because names need not be UTF-8.
 */
export interface UnpackedLayer extends Usage {
  /** Bytes of the plain tar. */
  readonly tarSize: number;
  /**
   * Directories that were only passed through: they take owner, mode, times and xattrs from below, if they are there.
   * Outer ones first.
   */
  readonly impliedDirectories: readonly string[];
  /** Hard links to files that this layer does not have: the lower file is to be copied up to `path`. */
  readonly lowerLinks: readonly { readonly path: string; readonly target: string }[];
  /** Names that it hides: where no layer below has the directory that they are in, there is nothing to hide. */
  readonly whiteouts: readonly string[];
}
