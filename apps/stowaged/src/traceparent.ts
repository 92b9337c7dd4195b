import { isSpanContextValid, type SpanContext } from "@opentelemetry/api";

/**
 * Reads who called, from another process (www.w3.org/TR/trace-context, section 3.2):
 * `version "-" trace-id "-" parent-id "-" trace-flags`, and more behind it only in versions after 00. What is not that is nobody.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  const { version, traceId, spanId, flags, more } = form.exec(text)?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & sampled, isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

const form =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;

/** The one flag that means something here. */
const sampled = 1;
