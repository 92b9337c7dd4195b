export { type BlobFile } from "./blob-file.ts";
export {
  type BlobInfo,
  type ContentStore,
  type IngestInfo,
  type IngestOptions,
  type StagedBlob,
  type VerifyOptions,
} from "./content-store.ts";
export { bytesFrom, storeBlob } from "./store-blob.ts";
