import { join } from "node:path";
import { inspect } from "node:util";
import { createClient } from "@connectrpc/connect";
import { defaultSettings } from "@stowage/config";
import { ImageService } from "@stowage/cri-api";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, startRegistry, status } from "@stowage/registry-fake";
import { openSocketTransport } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "./index.ts";
import { scratch, scratchStore } from "./metrics.test.fixture.ts";
import { pathOf, startCollector } from "./tracing.test.fixture.ts";
import { startTracing } from "./tracing.ts";

async function offer(): Promise<FakeRegistry> {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  return registry;
}

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

test("a call, its pull, its phases and its requests are spans within each other, and within that of the caller", async () => {
  const [registry, collector, root] = [await offer(), await startCollector(), await scratch()];
  const tracing = await startTracing(`${collector.endpoint}/`);
  const settings = { ...defaultSettings, root: join(root, "store"), address: join(root, "s.sock") };
  const plainHttp = { ...settings, registry: { ...settings.registry, plainHttp: [registry.host] } };
  await using daemon = await startDaemon(plainHttp);
  using socket = openSocketTransport(daemon.address);
  const image = `${registry.host}/a:1`;
  await createClient(ImageService, socket.transport).pullImage({ image: { image } }, { headers: { traceparent } });
  await tracing[Symbol.asyncDispose]();
  expect(collector.paths).toEqual(new Set(["/v1/traces"]));
  const ours = collector.spans.filter((span) => span.traceId === traceId);
  const call = "runtime.v1.ImageService/PullImage";
  expect(new Set(ours.map((span) => pathOf(span, ours)))).toEqual(
    new Set([
      call,
      `${call} > pull`,
      `${call} > pull > resolve`,
      `${call} > pull > resolve > GET`,
      `${call} > pull > wait`,
      `${call} > pull > fetch`,
      `${call} > pull > fetch > GET`,
      `${call} > pull > unpack`,
      `${call} > pull > commit`,
    ]),
  );
  expect(ours.find(({ name }) => name === call)).toMatchObject({ parentSpanId: "b7ad6b7169203331", kind: 2 });
  expect(ours.find(({ name }) => name === "pull")?.attributes).toEqual(
    expect.arrayContaining([
      { key: "stowage.reference", value: { stringValue: image } },
      { key: "stowage.registry", value: { stringValue: registry.host } },
      { key: "stowage.image.id", value: { stringValue: expect.stringMatching(/^sha256:/) } },
    ]),
  );
});

test("what fails says so, in the words for its caller", async () => {
  const [registry, collector, store] = [await offer(), await startCollector(), await scratchStore()];
  const tracing = await startTracing(collector.endpoint);
  registry.wrap(status(404));
  const pulling = store.images.pull(parseReference(`${registry.host}/a:1`), { plainHttp: true });
  await expect(pulling).rejects.toMatchObject({ code: "not-found" });
  await tracing[Symbol.asyncDispose]();
  const pull = collector.spans.find(({ name }) => name === "pull");
  expect(pull?.status).toMatchObject({ code: 2, message: expect.stringContaining(`${registry.host}/a:1`) });
  expect(pull?.attributes).toContainEqual({ key: "error.type", value: { stringValue: "not-found" } });
});

test("a caller that is not traced itself is not traced here", async () => {
  const [collector, root] = [await startCollector(), await scratch()];
  const tracing = await startTracing(collector.endpoint);
  const settings = { ...defaultSettings, root: join(root, "store"), address: join(root, "s.sock") };
  await using daemon = await startDaemon(settings);
  using socket = openSocketTransport(daemon.address);
  const client = createClient(ImageService, socket.transport);
  await client.listImages({}, { headers: { traceparent: traceparent.replace(/01$/, "00") } });
  await client.imageFsInfo({});
  await tracing[Symbol.asyncDispose]();
  const names = collector.spans.map(({ name }) => name);
  expect(names).toContain("runtime.v1.ImageService/ImageFsInfo");
  expect(names).not.toContain("runtime.v1.ImageService/ListImages");
});

test.for([
  { what: "is not there", endpoint: async () => "http://127.0.0.1:1" },
  { what: "never answers", endpoint: async () => (await startCollector(() => undefined)).endpoint },
  {
    what: "refuses",
    endpoint: async () => (await startCollector((response) => response.writeHead(400).end("canary"))).endpoint,
  },
])("a collector that $what fails nothing, and does not hold up the end", async ({ endpoint }) => {
  const [registry, store] = [await offer(), await scratchStore()];
  const failures: unknown[] = [];
  const tracing = await startTracing(await endpoint(), { onFailure: (error) => failures.push(error) });
  await store.images.pull(parseReference(`${registry.host}/a:1`), { plainHttp: true });
  await store.images.collect();
  await tracing[Symbol.asyncDispose]();
  expect(failures.length).toBeLessThan(2);
});

test("of spans that do not arrive is told once, not each time", async () => {
  const [registry, store] = [await offer(), await scratchStore()];
  const { endpoint } = await startCollector((response) => response.writeHead(400).end("canary"));
  const failures: unknown[] = [];
  const tracing = await startTracing(endpoint, { onFailure: (error) => failures.push(error) });
  for (let batch = 0; batch < 600; batch += 1) await store.images.check({ level: "sizes" });
  await store.images.pull(parseReference(`${registry.host}/a:1`), { plainHttp: true });
  await tracing[Symbol.asyncDispose]();
  expect(failures).toMatchObject([
    { code: "unavailable", message: "Cannot send spans to the collector: it answers 400" },
  ]);
  expect(inspect(failures, { depth: null })).not.toContain("canary");
});
