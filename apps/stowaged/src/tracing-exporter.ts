import { setTimeout } from "node:timers/promises";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { version } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import type { TracingOptions } from "./tracing.ts";
import { drawSpans } from "./tracing-spans.ts";

/** How long a collector may take for the last spans. */
const flushMilliseconds = 2_000;

/** How long it may take for any. */
const exportMilliseconds = 5_000;

export function createTracing(endpoint: string, { onFailure }: TracingOptions): AsyncDisposable {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    timeoutMillis: exportMilliseconds,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "stowaged", "service.version": version }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: telling(exporter, onFailure), exportTimeoutMillis: exportMilliseconds }),
    ],
  });
  const drawing = drawSpans(provider.getTracer("stowaged", version));
  return {
    async [Symbol.asyncDispose]() {
      drawing[Symbol.dispose]();
      const flushed = provider.shutdown().catch(() => undefined); // its exporter has told of it
      await Promise.race([flushed, setTimeout(flushMilliseconds, undefined, { ref: false })]);
    },
  };
}

/** From one failure that is told to the next. */
const quietMilliseconds = 60_000;

function telling(exporter: SpanExporter, onFailure: TracingOptions["onFailure"]): SpanExporter {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (error: Error): void => {
    if (performance.now() - toldAt < quietMilliseconds) return;
    toldAt = performance.now();
    onFailure?.(failureOf(error));
  };
  return {
    export: (spans, onResult) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined) tell(result.error);
        onResult(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

/** What the collector says beside its status is not repeated. */
function failureOf(error: Error): StowageError {
  const why = "code" in error && typeof error.code === "number" ? `it answers ${error.code}` : error.message;
  return new StowageError("unavailable", `Cannot send spans to the collector: ${why}`);
}
