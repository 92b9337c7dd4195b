import { setTimeout } from "node:timers/promises";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { version } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import { drawSpans } from "./tracing-spans.ts";

export interface TracingOptions {
  /** Told, once a minute at the most, that spans did not arrive. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** How long a collector may take for some spans, tries included; and for the last ones, which hold up the end. */
const exportMilliseconds = 2_000;

export function createTracing(endpoint: string, { onFailure }: TracingOptions): AsyncDisposable {
  const url = `${endpoint.replace(/\/+$/, "")}/v1/traces`;
  const over = new AbortController();
  const exporter = telling(new OTLPTraceExporter({ url, timeoutMillis: exportMilliseconds }), over.signal, onFailure);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "stowaged", "service.version": version }),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: exportMilliseconds })],
  });
  const drawing = drawSpans(provider.getTracer("stowaged", version));
  return {
    async [Symbol.asyncDispose]() {
      drawing[Symbol.dispose]();
      const flushed = provider.shutdown().catch(() => undefined); // its exporter has told of it
      await Promise.race([flushed, setTimeout(exportMilliseconds, undefined, { ref: false })]);
      over.abort();
    },
  };
}

/** Of an export, as `ExportResultCode` has it. */
const failed = 1;

/** From one failure that is told to the next. */
const quietMilliseconds = 60_000;

/** Tells of what fails, and sends nothing any more once it is over. */
function telling(exporter: SpanExporter, over: AbortSignal, onFailure: TracingOptions["onFailure"]): SpanExporter {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (error: Error): void => {
    if (performance.now() - toldAt < quietMilliseconds) return;
    toldAt = performance.now();
    onFailure?.(failureOf(error));
  };
  return {
    export(spans, onResult) {
      if (over.aborted) return onResult({ code: failed });
      exporter.export(spans, (result) => {
        if (result.error !== undefined) tell(result.error);
        onResult(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** What the collector says beside its status is not repeated. */
function failureOf(error: Error): StowageError {
  const why = "code" in error && typeof error.code === "number" ? `it answers ${error.code}` : error.message;
  return new StowageError("unavailable", `Cannot send spans to the collector: ${why}`);
}
