export { type ImageIndexOptions, openImageIndex, type SqliteImageIndex } from "./sqlite-image-index.ts";
