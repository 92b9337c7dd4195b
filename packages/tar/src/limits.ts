/** What a reader takes before it calls an archive hostile. All of it bounds memory, and none of it real layers. */
export interface TarLimits {
  readonly entries: number;
  readonly paxBytes: number;
  readonly paxRecords: number;
  readonly longNameBytes: number;
  readonly pathBytes: number;
  readonly xattrBytes: number;
  readonly sparseRegions: number;
}

export const tarLimits: TarLimits = {
  /** The largest images known have half a million files; a reader's user keeps something of each directory. */
  entries: 2_000_000,
  /** As Go's archive/tar: a PAX header is held in memory whole. */
  paxBytes: 1024 * 1024,
  /** A record costs an object; real headers have tens, and a sparse map of version 0.0 two a region. */
  paxRecords: 32_768,
  /** A GNU long name is held in memory before its length is judged. */
  longNameBytes: 64 * 1024,
  /** PATH_MAX less its NUL: the kernel takes no longer path and no longer symlink. */
  pathBytes: 4095,
  /** XATTR_SIZE_MAX: the kernel takes no larger value. */
  xattrBytes: 65_536,
  /** A region costs an object; GNU tar makes one for each run of data, and files so fragmented are not shipped. */
  sparseRegions: 65_536,
};
