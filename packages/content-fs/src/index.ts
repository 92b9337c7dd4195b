export { type ContentStoreOptions, contentAt, openContentStore } from "./fs-content-store.ts";
