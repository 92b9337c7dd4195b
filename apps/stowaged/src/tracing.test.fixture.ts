import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface SeenSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly status: { readonly code: number; readonly message?: string };
}

interface ExportRequest {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly SeenSpan[] }[] }[];
}

export interface Collector {
  readonly endpoint: string;
  readonly paths: ReadonlySet<string | undefined>;
  readonly spans: readonly SeenSpan[];
  /** All that was sent, as it came. */
  readonly bodies: readonly string[];
}

/** A collector of OTLP over HTTP, as JSON; it answers as `answer` does. */
export async function startCollector(
  answer = (response: ServerResponse): unknown => response.end("{}"),
): Promise<Collector> {
  const spans: SeenSpan[] = [];
  const bodies: string[] = [];
  const paths = new Set<string | undefined>();
  const take = (body: string): void => {
    const { resourceSpans }: ExportRequest = JSON.parse(body);
    bodies.push(body);
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
  };
  const server = createServer((request, response) => {
    paths.add(request.url);
    void text(request)
      .then(take)
      .then(() => answer(response));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { endpoint: `http://127.0.0.1:${port}`, paths, spans, bodies };
}

/** The names of a span and of all that it is in, the outermost first. */
export function pathOf(span: SeenSpan, spans: readonly SeenSpan[]): string {
  const outer = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return outer === undefined ? span.name : `${pathOf(outer, spans)} > ${span.name}`;
}
