export { blobPath, type ContentStoreOptions, contentAt, openContentStore } from "./fs-content-store.ts";
