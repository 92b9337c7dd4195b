export { openSocketTransport, type SocketTransport } from "./socket-transport.ts";
export { connectStore, findStore, type StoreClient, type StoreInfo } from "./store-client.ts";
