export {
  diffIdsOf,
  type Image,
  type ImageIndex,
  type ImageLayer,
  type ImageRecord,
  imageSize,
  keptBlobs,
} from "./image-index.ts";
