export {
  type Damage,
  diffIdsOf,
  type Image,
  type ImageLayer,
  type ImageRecord,
  imageSize,
  keptBlobs,
  layersOf,
  neededBy,
  resourcesOf,
} from "./image.ts";
export { type FindByNameOptions, type ImageIndex, type PublishOptions, type RemoveOptions } from "./image-index.ts";
export { type ImageKey, imageKeyOf, isImageKey, nameIn, nameKeyOf } from "./image-key.ts";
export { type ImageReaders } from "./image-readers.ts";
export { type Lease } from "./lease.ts";
export { blobResource, digestOfBlob, isResource, layerResource, type Resource } from "./resource.ts";
