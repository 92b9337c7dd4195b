export { type Image, type ImageIndex, type ImageLayer, type ImageRecord, imageSize } from "./image-index.ts";
