import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricsAddress } from "@stowage/config";
import { listenOnSocket } from "@stowage/cri-server";
import { StowageError } from "@stowage/errors";
import type { ImageService } from "@stowage/image-service";
import type { Metrics } from "./metrics-registry.ts";

/** Metrics that are served over HTTP, until this is disposed of. */
export interface MetricsServer extends AsyncDisposable {
  /** The port that it has on loopback; of a socket, none. */
  readonly port: number | undefined;
}

export interface MetricsDependencies {
  readonly images: Pick<ImageService, "list" | "usage">;
}

/**
 * Counts from now on, and serves what is counted to Prometheus, under `/metrics` on a unix socket of mode 0600 or on loopback. A
 * socket that nobody answers is replaced. Fails with `failed-precondition` where the address is taken.
 */
export async function startMetrics(address: MetricsAddress, dependencies: MetricsDependencies): Promise<MetricsServer> {
  await using starting = new AsyncDisposableStack();
  const { createMetrics } = await import("./metrics-registry.ts");
  const metrics = starting.use(createMetrics(dependencies));
  const server = createServer((request, response) => void answer(metrics, request, response));
  if (address.kind === "socket") await listenOnSocket(server, { path: address.path });
  else await listenOnPort(server, address);
  starting.defer(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const running = starting.move();
  return { port: portOf(server.address()), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function listenOnPort(
  server: ReturnType<typeof createServer>,
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
