import { expect, test } from "vitest";
import { parseTraceparent } from "./traceparent.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

test.for([
  { text: `00-${traceId}-${spanId}-01`, traceFlags: 1 },
  { text: `00-${traceId}-${spanId}-00`, traceFlags: 0 },
  { text: `00-${traceId}-${spanId}-ff`, traceFlags: 1 },
  { text: `cc-${traceId}-${spanId}-01-what-the-future-will-bring`, traceFlags: 1 },
])("reads $text", ({ text, traceFlags }) => {
  expect(parseTraceparent(text)).toEqual({ traceId, spanId, traceFlags, isRemote: true });
});

test.for([
  "",
  "00",
  `ff-${traceId}-${spanId}-01`,
  `00-${"0".repeat(32)}-${spanId}-01`,
  `00-${traceId}-${"0".repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId}-${spanId}-01-more`,
  `00-${traceId}-${spanId}-1`,
  `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
])("%s is nobody", (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});
