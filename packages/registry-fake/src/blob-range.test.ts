import { digestOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { start } from "./registry.test.fixture.ts";

const layer = `/v2/a/b/blobs/${digestOf("layer")}`;
const etag = `"${digestOf("layer")}"`;

test.for([
  { range: "bytes=1-3", part: "aye", told: "bytes 1-3/5" },
  { range: "bytes=2-", part: "yer", told: "bytes 2-4/5" },
  { range: "bytes=0-99", part: "layer", told: "bytes 0-4/5" },
  { range: "bytes=-2", part: "er", told: "bytes 3-4/5" },
  { range: "bytes=-99", part: "layer", told: "bytes 0-4/5" },
])("sends $told for $range", async ({ range, part, told }) => {
  const { registry, get } = await start();
  await using _ = registry;
  const response = await get(layer, { headers: { range } });
  expect([response.status, response.headers.get("content-range"), await response.text()]).toEqual([206, told, part]);
  expect(response.headers.get("content-length")).toBe(String(part.length));
  expect(response.headers.get("etag")).toBe(etag);
});

test.for(["bytes=5-", "bytes=7-9", "bytes=-0"])("cannot satisfy %s", async (range) => {
  const { registry, get } = await start();
  await using _ = registry;
  const response = await get(layer, { headers: { range } });
  expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */5"]);
});

test.for(["bytes=0-1,3-4", "bytes=3-1", "bytes=-", "lines=0-1"])("sends everything for %s", async (range) => {
  const { registry, get } = await start();
  await using _ = registry;
  const response = await get(layer, { headers: { range } });
  expect([response.status, response.headers.get("accept-ranges"), await response.text()]).toEqual([
    200,
    "bytes",
    "layer",
  ]);
});

test.for([
  { condition: etag, status: 206 },
  { condition: '"other"', status: 200 },
  { condition: `W/${etag}`, status: 200 },
  { condition: "Sat, 29 Oct 1994 19:43:31 GMT", status: 200 },
])("answers a range if it is of $condition with $status", async ({ condition, status }) => {
  const { registry, get } = await start();
  await using _ = registry;
  const response = await get(layer, { headers: { range: "bytes=1-", "if-range": condition } });
  expect(response.status).toBe(status);
});

test("tells the whole length to HEAD", async () => {
  const { registry, get } = await start();
  await using _ = registry;
  const response = await get(layer, { method: "HEAD", headers: { range: "bytes=1-" } });
  expect([response.status, response.headers.get("content-length")]).toEqual([200, "5"]);
});
