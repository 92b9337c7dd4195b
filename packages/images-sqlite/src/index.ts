export { openImageIndex } from "./sqlite-image-index.ts";
