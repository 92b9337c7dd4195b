import { createConnection } from "node:net";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { ImageService, RuntimeService } from "@stowage/cri-api";

/** The two services that a kubelet talks to, over gRPC on one unix socket. */
export interface Kubelet extends Disposable {
  readonly images: Client<typeof ImageService>;
  readonly runtime: Client<typeof RuntimeService>;
}

export function connectKubelet(address: string): Kubelet {
  const url = "http://localhost";
  const sessions = new Http2SessionManager(url, {}, { createConnection: () => createConnection(address) });
  const transport = createGrpcTransport({ baseUrl: url, sessionManager: sessions });
  return {
    images: createClient(ImageService, transport),
    runtime: createClient(RuntimeService, transport),
    [Symbol.dispose]: () => sessions.abort(),
  };
}
