export { chainIdOf, chainIds } from "./chain-id.ts";
export { type Descriptor, descriptorSchema, digestSchema, formatDescriptor } from "./descriptor.ts";
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
export { type Document, decodeDocument, type Index, type Manifest } from "./document.ts";
export { type IdMap, type IdRange } from "./id-map.ts";
export { decodeImageConfig, type ImageConfig } from "./image-config.ts";
export { decodeImageProcess, type ImageProcess } from "./image-process.ts";
export { type ImageUser, parseImageUser } from "./image-user.ts";
export { maxConfigBytes, maxDocumentBytes, maxIndexDepth, maxLayers } from "./limits.ts";
export { type Compression, documentKindOf, isImageConfig, layerCompressionOf, mediaTypes } from "./media-type.ts";
export { choosePlatform, formatPlatform, type Platform, parsePlatform, samePlatform } from "./platform.ts";
export { quoteText } from "./quote.ts";
export { ContentMismatchError, collectBytes, verified } from "./verified.ts";
