export { type BlobInfo, type ContentStore, type IngestInfo } from "./content-store.ts";
