import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace as traces,
} from "@opentelemetry/api";
import { type CallTrace, callChannel } from "@stowage/cri-server";
import { StowageError } from "@stowage/errors";
import type { LayerTrace, PullTrace, ReferenceTrace, Traces } from "@stowage/image-service";
import { type RequestTrace, requestChannel } from "./request-trace.ts";
import { parseTraceparent } from "./traceparent.ts";

/** Draws a span of all that is told of on the tracing channels, each within what it is part of, until it is disposed of. */
export function drawSpans(tracer: Tracer): Disposable {
  const drawing = new DisposableStack();
  const pen: Pen = { tracer, within: new AsyncLocalStorage() };
  drawing.use(drawCalls(pen));
  drawing.use(drawRequests(pen));
  drawing.use(drawPulls(pen));
  drawing.use(drawLayers(pen));
  drawing.use(drawKeeping(pen));
  return drawing;
}

interface Pen {
  readonly tracer: Tracer;
  /** The span that one is in, as a context. */
  readonly within: AsyncLocalStorage<Context>;
}

function drawCalls(pen: Pen): Disposable {
  return draw<CallTrace>(pen, callChannel, {
    begin: ({ service, method }) => ({
      name: `${service}/${method}`,
      attributes: { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method },
    }),
    kind: SpanKind.SERVER,
    parent: ({ traceparent }) => traceparent,
    end: ({ status }) => ({ "rpc.response.status_code": status }),
    failure: ({ status, message = "" }) => (status === "OK" ? undefined : message),
  });
}

function drawRequests(pen: Pen): Disposable {
  return draw<RequestTrace>(pen, requestChannel, {
    begin: ({ method, host }) => ({
      name: method,
      attributes: { "http.request.method": method, "server.address": host },
    }),
    kind: SpanKind.CLIENT,
    end: ({ status }) => ({ "http.response.status_code": status }),
  });
}

function drawPulls(pen: Pen): Disposable {
  const aboutReference = ({ reference, registry }: ReferenceTrace): Attributes => ({
    "stowage.reference": reference,
    "stowage.registry": registry,
  });
  const drawing = new DisposableStack();
  drawing.use(
    draw<PullTrace>(pen, "stowage.image.pull", {
      begin: (trace) => ({ name: "pull", attributes: aboutReference(trace) }),
      end: ({ id, skippedBytes }) => ({ "stowage.image.id": id, "stowage.skipped_bytes": skippedBytes }),
    }),
  );
  for (const name of ["resolve", "commit"] as const) {
    const begin = (trace: ReferenceTrace): Begin => ({ name, attributes: aboutReference(trace) });
    drawing.use(draw(pen, `stowage.image.${name}`, { begin }));
  }
  return drawing;
}

function drawLayers(pen: Pen): Disposable {
  const drawing = new DisposableStack();
  for (const name of ["wait", "fetch", "unpack"] as const) {
    drawing.use(
      draw<LayerTrace & { readonly bytes?: number }>(pen, `stowage.layer.${name}`, {
        begin: ({ digest, registry }) => ({
          name,
          attributes: { "stowage.layer.digest": digest, "stowage.registry": registry },
        }),
        end: ({ bytes }) => ({ "stowage.bytes": bytes }),
      }),
    );
  }
  return drawing;
}

function drawKeeping(pen: Pen): Disposable {
  const drawing = new DisposableStack();
  drawing.use(
    draw<Traces["stowage.image.remove"]>(pen, "stowage.image.remove", {
      begin: ({ name }) => ({ name: "remove", attributes: { "stowage.name": name } }),
    }),
  );
  drawing.use(draw(pen, "stowage.store.collect", { begin: () => ({ name: "collect", attributes: {} }) }));
  drawing.use(
    draw<Traces["stowage.store.check"]>(pen, "stowage.store.check", {
      begin: ({ level }) => ({ name: "check", attributes: { "stowage.check.level": level } }),
      end: ({ findings }) => ({ "stowage.check.findings": findings }),
    }),
  );
  return drawing;
}

interface Begin {
  readonly name: string;
  readonly attributes: Attributes;
}

interface Drawn<Trace> {
  readonly kind?: SpanKind;
  begin(trace: Trace): Begin;
  /** What a client, elsewhere, says that it is part of. */
  parent?(trace: Trace): string | undefined;
  /** What is known at its end. */
  end?(trace: Trace): Attributes;
  /** Why it failed, where it was not by what it threw. */
  failure?(trace: Trace): string | undefined;
}

function draw<Trace extends object>({ tracer, within }: Pen, channel: string, drawn: Drawn<Trace>): Disposable {
  const { kind = SpanKind.INTERNAL } = drawn;
  const spans = new WeakMap<object, Span>();
  const channels = tracingChannel<Trace, Context>(channel);
  channels.start.bindStore(within, (trace) => {
    const outer = outerOf(drawn.parent?.(trace)) ?? within.getStore() ?? ROOT_CONTEXT;
    const { name, attributes } = drawn.begin(trace);
    const span = tracer.startSpan(name, { kind, attributes }, outer);
    spans.set(trace, span);
    return traces.setSpan(outer, span);
  });
  const subscribers = {
    asyncEnd(trace: Trace & { readonly error?: unknown }): void {
      const span = spans.get(trace);
      if (span === undefined) return;
      if (drawn.end !== undefined) span.setAttributes(drawn.end(trace));
      const message = drawn.failure?.(trace);
      if (message !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message });
      if (trace.error !== undefined) tellFailure(span, trace.error);
      span.end();
    },
  };
  channels.subscribe(subscribers);
  return {
    [Symbol.dispose]() {
      channels.start.unbindStore(within);
      channels.unsubscribe(subscribers);
    },
  };
}

function outerOf(traceparent: string | undefined): Context | undefined {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return parent === undefined ? undefined : traces.setSpanContext(ROOT_CONTEXT, parent);
}

/** Only messages that were written for others are told. */
function tellFailure(span: Span, error: unknown): void {
  const isOurs = error instanceof StowageError;
  span.setAttribute("error.type", isOurs ? error.code : "internal");
  span.setStatus({ code: SpanStatusCode.ERROR, ...(isOurs ? { message: error.message } : {}) });
}
