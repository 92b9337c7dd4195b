import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ImageService, RuntimeService, StoreService } from "@stowage/cri-api";
import { type ImageMethodsDependencies, imageMethods } from "./image-methods.ts";
import { type RuntimeMethodsSettings, runtimeMethods } from "./runtime-methods.ts";
import { listenOnSocket } from "./socket.ts";
import { type StoreMethodsDependencies, storeMethods } from "./store-methods.ts";

export type CriServerDependencies = ImageMethodsDependencies & StoreMethodsDependencies;

export interface CriServerSettings extends RuntimeMethodsSettings {
  /** The path of the unix socket. */
  readonly address: string;
}

/** What the kubelet's client takes and sends at most, both ways. */
const maxMessageBytes = 16 * 1024 * 1024;

/**
 * Serves CRI and `stowage.v1` over gRPC on a unix socket of mode 0600. Disposing it refuses new calls, stops those
 * that are under way, and removes the socket.
 */
export async function startCriServer(
  dependencies: CriServerDependencies,
  settings: CriServerSettings,
): Promise<AsyncDisposable> {
  const shutdown = new AbortController();
  const handler = connectNodeAdapter({
    connect: false,
    grpcWeb: false,
    acceptCompression: [], // a unix socket is faster than any of them
    readMaxBytes: maxMessageBytes,
    writeMaxBytes: maxMessageBytes,
    shutdownSignal: shutdown.signal,
    routes: (router) => {
      router.service(ImageService, imageMethods(dependencies));
      router.service(RuntimeService, runtimeMethods(settings));
      router.service(StoreService, storeMethods(dependencies, settings));
    },
  });
  const server = createServer(handler);
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  await listenOnSocket(server, settings.address);
  return { [Symbol.asyncDispose]: () => stop(server, { sessions, shutdown }) };
}

interface Running {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly shutdown: AbortController;
}

/** How long a client may take to read its last answers. */
const graceMilliseconds = 2000;

async function stop(server: Http2Server, { sessions, shutdown }: Running): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  shutdown.abort(new Error("the server is stopping"));
  for (const session of sessions) session.close();
  const late = setTimeout(() => {
    for (const session of sessions) session.destroy();
  }, graceMilliseconds);
  await closed;
  clearTimeout(late);
}
