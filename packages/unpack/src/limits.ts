/** What a layer may become before it counts as a trap. Real layers stay far below. */
export interface UnpackLimits {
  /** Bytes of the plain tar, and of all files as they read, holes included. */
  readonly bytes: number;
  readonly entries: number;
  /** Plain bytes for each compressed one, once there are more than `expansionFloor` plain ones. */
  readonly expansion: number;
  readonly expansionFloor: number;
  /** Bytes of a PAX header, and of a long name. */
  readonly headerBytes: number;
  /** Bytes of a path within the layer, its symlinks resolved. */
  readonly pathBytes: number;
  /** Names in such a path. */
  readonly depth: number;
}

export const unpackLimits: UnpackLimits = {
  /** The largest layers in use carry models of some tens of GiB. */
  bytes: 256 * 1024 ** 3,
  /** The largest images known have half a million files; a directory costs some hundred bytes of memory. */
  entries: 2_000_000,
  /** Deflate cannot exceed 1032. Zstandard can, without end, and only for what is no data. */
  expansion: 2000,
  /** Small layers of zeros are nobody's harm. */
  expansionFloor: 1024 ** 3,
  /** As Go's archive/tar: it is held in memory whole. */
  headerBytes: 1024 ** 2,
  /** PATH_MAX, less room for the path that the layer stands at: deeper trees could not be removed by path. */
  pathBytes: 3584,
  /** The deepest trees in use nest some sixty names. */
  depth: 512,
};

/** Symlinks on the way to one entry: twice as many as the kernel follows. */
export const maxSymlinks = 80;
