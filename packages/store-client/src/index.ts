export { connectStore, type StoreClient } from "./store-client.ts";
