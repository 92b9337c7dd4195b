export { openContentStore } from "./fs-content-store.ts";
