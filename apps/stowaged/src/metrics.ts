import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricsAddress } from "@stowage/config";
import { listenOnSocket } from "@stowage/cri-server";
import { StowageError } from "@stowage/errors";
import type { Metrics } from "./metrics-registry.ts";
import type { MetricsDependencies } from "./metrics-store.ts";

/** Metrics that are counted, and are served over HTTP once it listens, until this is disposed of. */
export interface MetricsServer extends AsyncDisposable {
  /** Fails with `failed-precondition` where the address is taken. */
  listen(): Promise<void>;
  /** The port that it has on loopback, once it listens; of a socket, none. */
  readonly port: number | undefined;
}

/**
 * Counts from now on, for Prometheus to be served with it under `/metrics`, on a unix socket of mode 0600 or on loopback. A socket
 * that nobody answers is replaced.
 */
export async function openMetrics(address: MetricsAddress, dependencies: MetricsDependencies): Promise<MetricsServer> {
  const { createMetrics } = await import("./metrics-registry.ts"); // nobody who wants none pays for it
  const metrics = createMetrics(dependencies);
  const server = createServer((request, response) => void answer(metrics, request, response));
  return {
    listen: () =>
      address.kind === "socket" ? listenOnSocket(server, { path: address.path }) : listenOnPort(server, address),
    get port() {
      return portOf(server.address());
    },
    async [Symbol.asyncDispose]() {
      metrics[Symbol.dispose]();
      await close(server);
    },
  };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

async function listenOnPort(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  const listening = once(server, "listening");
  server.listen(port, host);
  try {
    await listening;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it cannot be used";
    throw new StowageError("failed-precondition", `Cannot serve metrics on ${host}:${port}: ${why}`, { cause });
  }
}

function portOf(address: string | AddressInfo | null): number | undefined {
  return typeof address === "object" ? address?.port : undefined;
}

async function answer(
  metrics: Metrics,
  { url = "", method = "" }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (url.split("?", 1)[0] !== "/metrics") return end(response, 404);
  if (method !== "GET" && method !== "HEAD") return end(response.setHeader("allow", "GET, HEAD"), 405);
  try {
    const text = await metrics.text();
    response.writeHead(200, { "content-type": metrics.contentType }).end(text);
  } catch {
    end(response, 500); // the store is being closed, or its disk fails, which others tell of
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/plain" }).end();
}
