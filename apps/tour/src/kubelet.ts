import { type Client, createClient } from "@connectrpc/connect";
import { ImageService, RuntimeService } from "@stowage/cri-api";
import { openSocketTransport } from "@stowage/store-client";

/** The two services that a kubelet talks to, over gRPC on one unix socket. */
export interface Kubelet extends Disposable {
  readonly images: Client<typeof ImageService>;
  readonly runtime: Client<typeof RuntimeService>;
}

export function connectKubelet(address: string): Kubelet {
  const socket = openSocketTransport(address);
  return {
    images: createClient(ImageService, socket.transport),
    runtime: createClient(RuntimeService, socket.transport),
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  };
}
