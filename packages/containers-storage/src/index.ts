export { bigDataName } from "./big-data-name.ts";
export { encodeLastWrite, type LastWrite } from "./last-write.ts";
export { layerIdOf, layerIdsOf, linkNameOf } from "./layer-id.ts";
export { type BigData, bigDataOf, encodeStoredImage, imageDirectoryOf, type StoredImage } from "./stored-image.ts";
export {
  decodeStoredLayers,
  decodeUsedLayers,
  encodeStoredLayer,
  joinRecords,
  type StoredBlob,
  type StoredLayer,
} from "./stored-layer.ts";
