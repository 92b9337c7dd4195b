/** Of the members of a tar: docker writes four for a layer, and no bundle has ten thousand layers. Each costs a small object. */
export const maxMembers = 65_536;

/** Of the plain bytes of a compressed archive, or of one from a stream: what inflates to more is no bundle of images. */
export const maxSpooledBytes: number = 1024 ** 4;

/** Of docker's `manifest.json`, which lists some names for each layer. */
export const maxListBytes: number = 4 * 1024 * 1024;

/** Of the images that one archive brings along. */
export const maxImages = 4096;

/** Of the `oci-layout` file, which says one version. */
export const maxMarkerBytes: number = 64 * 1024;

/** Symlinks and hard links from one to the next inside an archive; docker writes one. */
export const maxLinks = 8;

/** Files that are read, hashed or written at once: enough for a disk to be busy. */
export const defaultWidth = 4;
