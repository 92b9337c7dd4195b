import { once } from "node:events";
import { lstat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { defaultSettings, type MetricsAddress } from "@stowage/config";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, stallAfter, startRegistry, status, when } from "@stowage/registry-fake";
import { connectStore } from "@stowage/store-client";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "./index.ts";
import { ask, samplesIn, scratch, scratchStore } from "./metrics.test.fixture.ts";
import { openMetrics } from "./metrics.ts";
import type { MetricsDependencies } from "./metrics-store.ts";

const noImages = { list: async () => [], usage: async () => ({ bytes: 5, inodes: 6 }) };

async function socketAddress(): Promise<MetricsAddress & { readonly kind: "socket" }> {
  return { kind: "socket", path: join(await scratch(), "metrics.sock") };
}

async function startMetrics(address: MetricsAddress, dependencies: MetricsDependencies) {
  const server = await openMetrics(address, dependencies);
  onTestFinished(() => server[Symbol.asyncDispose]());
  await server.listen();
  return server;
}

async function serve(address: MetricsAddress, images: MetricsDependencies["images"] = noImages) {
  return await startMetrics(address, { images });
}

async function offer(): Promise<FakeRegistry> {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  return registry;
}

test("serves on a socket that only its owner can open, and takes it away", async () => {
  const address = await socketAddress();
  await writeFile(`${address.path}-other`, "");
  const server = await startMetrics(address, { images: noImages });
  expect((await lstat(address.path)).mode & 0o777).toBe(0o600);
  expect(await ask(address)).toMatchObject({
    status: 200,
    type: expect.stringMatching(/^text\/plain; version=0\.0\.4/),
  });
  expect(samplesIn((await ask(address)).body)).toMatchObject({ stowage_store_bytes: 5, stowage_store_inodes: 6 });
  await server[Symbol.asyncDispose]();
  await expect(lstat(address.path)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a daemon whose socket leaves no room for the name of the other serves none, and says so", async () => {
  const root = await scratch();
  const address = join(root, "s".repeat(107 - Buffer.byteLength(join(root, ".sock")) - 1) + ".sock");
  const lines: string[] = [];
  const log = pino({}, { write: (line) => lines.push(line) });
  await using daemon = await startDaemon({ ...defaultSettings, root: join(root, "store"), address }, { log });
  using client = connectStore(daemon.address);
  expect(await client.list()).toEqual([]);
  expect(lines).toEqual([expect.stringMatching(/"level":40.*no metrics.*metrics\.address/)]);
});

test("a socket that is answered is refused", async () => {
  const address = await socketAddress();
  await serve(address);
  await expect(startMetrics(address, { images: noImages })).rejects.toMatchObject({ code: "failed-precondition" });
  expect(await ask(address)).toMatchObject({ status: 200 });
});

test.for(["127.0.0.1", "::1"])("serves on a port of %s, where it was asked to", async (host) => {
  const { port = 0 } = await serve({ kind: "tcp", host, port: 0 });
  expect(await ask({ kind: "tcp", host, port })).toMatchObject({ status: 200 });
  await expect(startMetrics({ kind: "tcp", host, port }, { images: noImages })).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringMatching(/^Cannot serve metrics on .*EADDRINUSE/),
  });
});

test.for([
  { method: "GET", path: "/", status: 404 },
  { method: "POST", path: "/other", status: 404 },
  { method: "GET", path: "/metrics/", status: 404 },
  { method: "POST", path: "/metrics", status: 405 },
  { method: "DELETE", path: "/metrics", status: 405 },
  { method: "HEAD", path: "/metrics", status: 200 },
  { method: "GET", path: "/metrics?a=b", status: 200 },
])("answers $method $path with $status", async ({ status: expected, ...asked }) => {
  const address = await socketAddress();
  await serve(address);
  expect((await ask(address, asked)).status).toBe(expected);
});

test("a store that cannot be asked is a failed look, and the next look may succeed", async () => {
  const address = await socketAddress();
  let isBroken = true;
  const usage = () => (isBroken ? Promise.reject(new Error("canary")) : noImages.usage());
  await serve(address, { ...noImages, usage });
  expect(await ask(address)).toMatchObject({ status: 500, body: "" });
  isBroken = false;
  expect(await ask(address)).toMatchObject({ status: 200 });
});

test("counts a pull with its phases and bytes, and one that finds all of it here", async () => {
  const [registry, address, store] = [await offer(), await socketAddress(), await scratchStore()];
  await serve(address, store.images);
  const reference = parseReference(`${registry.host}/a:1`);
  const before = samplesIn((await ask(address)).body);
  expect(before).toMatchObject({ 'stowage_pulls_total{result="success",error=""}': 0, stowage_pulls_in_progress: 0 });
  const { layers } = await store.images.pull(reference, { plainHttp: true });
  const size = layers.reduce((sum, { blob }) => sum + blob.size, 0);
  const first = samplesIn((await ask(address)).body);
  expect(first).toMatchObject({
    'stowage_pulls_total{result="success",error=""}': 1,
    'stowage_pull_seconds_count{result="success"}': 1,
    'stowage_pull_phase_seconds_count{phase="resolve",result="success"}': 1,
    'stowage_pull_phase_seconds_count{phase="wait",result="success"}': layers.length,
    'stowage_pull_phase_seconds_count{phase="fetch",result="success"}': layers.length,
    'stowage_pull_phase_seconds_count{phase="unpack",result="success"}': layers.length,
    'stowage_pull_phase_seconds_count{phase="commit",result="success"}': 1,
    stowage_fetched_bytes_total: size,
    stowage_skipped_bytes_total: 0,
    'stowage_images{state="ready"}': 1,
    'stowage_images{state="damaged"}': 0,
  });
  expect(first["stowage_unpacked_bytes_total"]).toBeGreaterThan(size);
  expect(first["stowage_store_bytes"]).toBe((await store.images.usage()).bytes);
  await store.images.pull(reference, { plainHttp: true });
  expect(samplesIn((await ask(address)).body)).toMatchObject({
    'stowage_pulls_total{result="success",error=""}': 2,
    stowage_fetched_bytes_total: size,
    stowage_skipped_bytes_total: size,
  });
});

test.for([
  { what: "is not there", fault: status(404), error: "not-found" },
  { what: "may not be had", fault: status(403), error: "permission-denied" },
  { what: "wants to know who asks", fault: status(401), error: "unauthenticated" },
])("counts a pull of what $what as $error", async ({ fault, error }) => {
  const [registry, address, store] = [await offer(), await socketAddress(), await scratchStore()];
  await serve(address, store.images);
  registry.wrap(fault);
  await expect(store.images.pull(parseReference(`${registry.host}/a:1`), { plainHttp: true })).rejects.toMatchObject({
    code: error,
  });
  expect(samplesIn((await ask(address)).body)).toMatchObject({
    [`stowage_pulls_total{result="failure",error="${error}"}`]: 1,
    stowage_pulls_in_progress: 0,
  });
});

test("counts a pull as under way, and, when its caller leaves, as canceled", async () => {
  const [registry, address, store] = [await offer(), await socketAddress(), await scratchStore()];
  await serve(address, store.images);
  registry.wrap(when(/blobs/, stallAfter(1)));
  const leaving = new AbortController();
  const reference = parseReference(`${registry.host}/a:1`);
  const pulling = store.images.pull(reference, { plainHttp: true, signal: leaving.signal });
  expect(samplesIn((await ask(address)).body)).toMatchObject({ stowage_pulls_in_progress: 1 });
  leaving.abort(new Error("enough"));
  await expect(pulling).rejects.toThrow("enough");
  expect(samplesIn((await ask(address)).body)).toMatchObject({
    stowage_pulls_in_progress: 0,
    'stowage_pulls_total{result="failure",error="canceled"}': 1,
  });
});

test("counts collections, checks, findings and removals", async () => {
  const [registry, address, store] = [await offer(), await socketAddress(), await scratchStore()];
  await serve(address, store.images);
  await store.images.pull(parseReference(`${registry.host}/a:1`), { plainHttp: true });
  await store.images.check({ level: "digests" });
  await store.images.remove(`${registry.host}/a:1`);
  await store.images.collect();
  const samples = samplesIn((await ask(address)).body);
  expect(samples).toMatchObject({
    'stowage_checks_total{level="digests",result="success"}': 1,
    stowage_check_findings_total: 0,
    'stowage_removals_total{result="success"}': 1,
  });
  expect(samples['stowage_collections_total{result="success"}']).toBeGreaterThan(0);
});

test("counts calls and requests, and no label names a host or an image", async () => {
  const [registry, address, root] = [await offer(), await socketAddress(), await scratch()];
  await serve(address);
  const settings = { ...defaultSettings, root: join(root, "store"), address: join(root, "s.sock") };
  await using daemon = await startDaemon(settings);
  using client = connectStore(daemon.address);
  await client.pull(parseReference(`${registry.host}/secret-name:1`), { plainHttp: true }).catch(() => undefined);
  await client.pull(parseReference(`${registry.host}/a:1`), { plainHttp: true });
  const { body } = await ask(address);
  expect(samplesIn(body)).toMatchObject({
    'stowage_grpc_calls_total{method="stowage.v1.StoreService/Pull",code="OK"}': 1,
    'stowage_grpc_calls_total{method="stowage.v1.StoreService/Pull",code="NotFound"}': 1,
    'stowage_grpc_call_seconds_count{method="stowage.v1.StoreService/Pull"}': 2,
    'stowage_registry_requests_total{method="GET",status="4xx"}': expect.any(Number),
    'stowage_registry_requests_total{method="GET",status="2xx"}': expect.any(Number),
  });
  for (const word of [registry.host, "127.0.0.1", "secret-name", "sha256"]) expect(body).not.toContain(word);
});

test("nothing is counted any more after the end, and a new start counts from zero", async () => {
  const [registry, store] = [await offer(), await scratchStore()];
  const pull = () => store.images.pull(parseReference(`${registry.host}/a:1`), { plainHttp: true });
  const first = await startMetrics(await socketAddress(), { images: store.images });
  await pull();
  await first[Symbol.asyncDispose]();
  const address = await socketAddress();
  await serve(address, store.images);
  await pull();
  expect(samplesIn((await ask(address)).body)).toMatchObject({ 'stowage_pulls_total{result="success",error=""}': 1 });
});

test("a process that has the port is not disturbed", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const place = other.address();
  const port = typeof place === "object" ? (place?.port ?? 0) : 0;
  await expect(startMetrics({ kind: "tcp", host: "127.0.0.1", port }, { images: noImages })).rejects.toMatchObject({
    code: "failed-precondition",
  });
  expect(other.listening).toBe(true);
});
