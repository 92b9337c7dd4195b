import { createConnection } from "node:net";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

/** gRPC over one connection to a unix socket. Disposing it cuts what is under way. */
export interface SocketTransport extends Disposable {
  readonly transport: Transport;
}

export function openSocketTransport(address: string): SocketTransport {
  // The URL is for HTTP's sake; the connection goes to the socket.
  const baseUrl = "http://localhost";
  const sessionManager = new Http2SessionManager(baseUrl, {}, { createConnection: () => createConnection(address) });
  return {
    transport: createGrpcTransport({ baseUrl, sessionManager }),
    [Symbol.dispose]: () => sessionManager.abort(),
  };
}
