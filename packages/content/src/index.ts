export {
  type BlobInfo,
  type ContentStore,
  type IngestInfo,
  type StagedBlob,
  type VerifyOptions,
} from "./content-store.ts";
export { bytesFrom, storeBlob } from "./store-blob.ts";
