/** A manifest or an index: what the distribution spec asks registries to take at least, and clients to refuse above. */
export const maxDocumentBytes: number = 4 * 1024 * 1024;

/** An image config: it carries the whole build history, so it gets as much as a manifest. */
export const maxConfigBytes: number = 4 * 1024 * 1024;

/** Layers of an image: overlayfs stacks at most 500 lower directories. */
export const maxLayers = 500;

/** Entries of an index: real ones have tens; each costs a few hundred bytes of memory. */
export const maxIndexEntries = 4096;

/** Indexes within indexes: one level occurs, more is a trap. */
export const maxIndexDepth = 2;

/** Bytes of all keys and values of one set of annotations: a list of images, each with its own, fits one message of CRI. */
export const maxAnnotationBytes: number = 64 * 1024;

/** Characters of a text from outside that a message repeats: a whole sha512 digest, and more than any media type. */
export const maxQuoted = 160;

/** Other places that a descriptor may name: foreign layers have one or two. A longer list is as good as none. */
export const maxUrls = 16;

/** Characters of such a place; no server takes a longer one. */
export const maxUrlLength = 2048;
