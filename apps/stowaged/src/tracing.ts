import type { TracingOptions } from "./tracing-exporter.ts";

/**
 * Sends a span of each call, pull, phase and request to the OpenTelemetry collector whose base URL is `endpoint`, as OTLP over
 * HTTP. A collector that does not answer holds nobody up; what waited for it is dropped. Disposing it sends the last spans.
 */
export async function startTracing(endpoint: string, options: TracingOptions = {}): Promise<AsyncDisposable> {
  const { createTracing } = await import("./tracing-exporter.ts"); // nobody who has no collector pays for it
  return createTracing(endpoint, options);
}
