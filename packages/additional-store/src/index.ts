export { type AdditionalStoreOptions, createAdditionalStore } from "./additional-store.ts";
export { type Consumers, openConsumers } from "./consumers.ts";
