import { metricsAddressOf, type Settings } from "@stowage/config";
import type { ImageService } from "@stowage/image-service";
import type { Logger } from "pino";
import { logPulls } from "./log-pulls.ts";
import { openMetrics } from "./metrics.ts";
import { startTracing } from "./tracing.ts";

export interface ObservedStore {
  readonly images: Pick<ImageService, "list" | "usage" | "watch">;
}

export interface ObserveOptions {
  /** Where pulls are told of, and spans that do not arrive; by default nowhere. */
  readonly log?: Logger | undefined;
}

/** What is seen of a store, until it is disposed of. */
export interface StoreObserver extends AsyncDisposable {
  /** Serves the metrics, where the settings have them. Fails with `failed-precondition` where their address is taken. */
  listen(): Promise<void>;
}

/** Logs pulls, counts for the metrics and sends spans, as the settings have it. */
export async function observeStore(
  { images }: ObservedStore,
  settings: Pick<Settings, "address" | "metrics" | "tracing">,
  { log }: ObserveOptions = {},
): Promise<StoreObserver> {
  await using starting = new AsyncDisposableStack();
  const { endpoint } = settings.tracing;
  const onFailure = (err: unknown): void => log?.warn({ err }, "spans do not arrive");
  if (endpoint !== undefined) starting.use(await startTracing(endpoint, { onFailure }));
  const address = metricsAddressOf(settings);
  if (address === undefined && settings.metrics.address === undefined)
    log?.warn("no metrics: the path of their socket would be too long; metrics.address is where to set another");
  const metrics = address === undefined ? undefined : starting.use(await openMetrics(address, { images }));
  if (log !== undefined) starting.use(logPulls(log, images));
  const running = starting.move();
  return {
    async listen() {
      await metrics?.listen();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
