import { Registry } from "prom-client";
import { addCallMetrics } from "./metrics-calls.ts";
import { addProcessMetrics } from "./metrics-process.ts";
import { addPullMetrics } from "./metrics-pulls.ts";
import { addStoreMetrics, type MetricsDependencies } from "./metrics-store.ts";

/** What is counted, until this is disposed of. */
export interface Metrics extends Disposable {
  readonly contentType: string;
  readonly registry: Registry;
  /** All of it in Prometheus' text format. */
  text(): Promise<string>;
}

/** Counts all that is told of on the tracing channels. No label has a name of an image, a host or anything else without bounds. */
export function createMetrics(dependencies: MetricsDependencies): Metrics {
  const counting = new DisposableStack();
  const registry = new Registry();
  for (const add of [addPullMetrics, addCallMetrics]) counting.use(add(registry));
  counting.use(addStoreMetrics(registry, dependencies));
  addProcessMetrics(registry);
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    [Symbol.dispose]: () => counting.dispose(),
  };
}
