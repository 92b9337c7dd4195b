export { type BlobInfo, type ContentStore } from "./content-store.ts";
