export { openSocketTransport, type SocketTransport } from "./socket-transport.ts";
export { connectStore, findStore, type StoreClient } from "./store-client.ts";
