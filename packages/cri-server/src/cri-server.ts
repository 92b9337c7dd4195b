import { createServer } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { ContainerVerbs } from "@stowage/containers";
import {
  Health,
  ImageService,
  RuntimeService,
  ServerReflection,
  ServerReflectionAlpha,
  StoreService,
} from "@stowage/cri-api";
import { ContainerService } from "@stowage/cri-api/containers";
import { containerMethods } from "./container-methods.ts";
import { healthMethods } from "./health-methods.ts";
import { type ImageMethodsDependencies, imageMethods } from "./image-methods.ts";
import { maxMessageBytes } from "./limits.ts";
import { reflectionMethods } from "./reflection-methods.ts";
import { type RuntimeMethodsSettings, runtimeMethods } from "./runtime-methods.ts";
import { Sessions } from "./sessions.ts";
import { listenOnSocket, type SocketPlace } from "./socket.ts";
import { type StoreMethodsDependencies, storeMethods } from "./store-methods.ts";

export interface CriServerDependencies extends ImageMethodsDependencies, Omit<StoreMethodsDependencies, "leaving"> {
  readonly containers: ContainerVerbs;
}

export interface CriServerSettings extends RuntimeMethodsSettings {
  readonly socket: SocketPlace;
}

/** A running server. Disposing it refuses new calls, stops those that are under way, and removes the socket. */
export interface CriServer extends AsyncDisposable {
  /** Refuses new calls, and waits until those that are under way have ended, or until the signal aborts. */
  drain(signal: AbortSignal): Promise<void>;
}

/** Those that clients come for. */
const offered = [ImageService, RuntimeService, StoreService, ContainerService];
const served = [...offered, Health, ServerReflection, ServerReflectionAlpha];

/** Serves CRI and `stowage.v1` over gRPC on a unix socket. */
export async function startCriServer(
  dependencies: CriServerDependencies,
  settings: CriServerSettings,
): Promise<CriServer> {
  const shutdown = new AbortController();
  const leaving = new AbortController();
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
      router.service(StoreService, storeMethods({ ...dependencies, leaving: leaving.signal }, settings));
      router.service(ContainerService, containerMethods(dependencies.containers));
      const names = offered.map(({ typeName }) => typeName);
      router.service(Health, healthMethods(names, leaving.signal));
      const reflection = reflectionMethods(served, leaving.signal);
      router.service(ServerReflection, reflection);
      router.service(ServerReflectionAlpha, reflection);
    },
  });
  const server = createServer(handler);
  const sessions = new Sessions(server);
  await listenOnSocket(server, settings.socket);
  return {
    drain(signal) {
      leaving.abort();
      return sessions.drain(signal);
    },
    async [Symbol.asyncDispose]() {
      leaving.abort();
      shutdown.abort(new Error("the server is stopping"));
      await sessions.end();
    },
  };
}
