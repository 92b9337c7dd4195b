import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { createConnection } from "node:net";

/** `ListImages` of all images, each answer taken to its last byte and not decoded: how fast a client decodes is not the daemon's. */
export interface ListCalls extends Disposable {
  /** Fails with what the daemon says where that is not an answer. */
  call(): Promise<void>;
}

export function openListCalls(address: string): ListCalls {
  const session = connect("http://localhost", { createConnection: () => createConnection(address) });
  session.on("error", () => undefined); // the call that it fails tells it
  return { call: () => call(session), [Symbol.dispose]: () => session.destroy() };
}

/** gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md), without compression, as kubelets ask for it. */
async function call(session: ClientHttp2Session): Promise<void> {
  const stream = session.request({
    ":method": "POST",
    ":path": "/runtime.v1.ImageService/ListImages",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const status = statusOf(stream);
  stream.end(emptyMessage).resume();
  const told = await status;
  if (told !== "0") throw new Error(`ListImages ended with status ${String(told)}`);
}

/** In the head where there is nothing but an error, else behind the answer. */
async function statusOf(stream: ClientHttp2Stream): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let status: unknown;
  const note = (headers: Readonly<Record<string, unknown>>): void => {
    status ??= headers["grpc-status"];
  };
  stream.on("response", note).on("trailers", note);
  stream.on("error", reject).on("close", () => resolve(status));
  return await promise;
}

/** A request without fields: not compressed, of no bytes. */
const emptyMessage = Buffer.alloc(5);
