export { chainIds } from "./chain-id.ts";
export { type Descriptor, formatDescriptor } from "./descriptor.ts";
export {
  algorithmOf,
  type Digest,
  type DigestAlgorithm,
  digestOf,
  encodedOf,
  isDigest,
  parseDigest,
  startHash,
} from "./digest.ts";
export { decodeDocument, type Document, type Index, type Manifest } from "./document.ts";
export { decodeImageConfig, type ImageConfig } from "./image-config.ts";
export { parseImageUser, type ImageUser } from "./image-user.ts";
export { maxConfigBytes, maxDocumentBytes, maxIndexDepth, maxLayers } from "./limits.ts";
export { type Compression, documentKindOf, layerCompressionOf, mediaTypes } from "./media-type.ts";
export { choosePlatform, formatPlatform, parsePlatform, type Platform, samePlatform } from "./platform.ts";
export { collectBytes, ContentMismatchError, verified } from "./verified.ts";
