import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { defaultSettings } from "@stowage/config";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import type { PullEvent } from "@stowage/image-service";
import { parseReference, type Reference } from "@stowage/reference";
import {
  createTokenIssuer,
  type FakeRegistry,
  type FakeRegistryOptions,
  stallAfter,
  times,
  trickle,
  when,
} from "@stowage/registry-fake";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { openStore, type Store } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

interface Offered {
  readonly registry: FakeRegistry;
  readonly image: MadeImage;
  readonly reference: Reference;
  readonly layer: string;
}

const layerBytes = 40_000;

async function offer(options?: FakeRegistryOptions): Promise<Offered> {
  const registry = await scratchRegistry(options);
  const layers = [{ files: [{ kind: "file" as const, name: "big", content: randomBytes(layerBytes) }] }];
  const image = makeImage({ platforms: ["linux/amd64", "linux/arm64"].map((platform) => ({ platform, layers })) });
  registry.putImage("team/app", "v1", image);
  const layer = String(image.platforms[0]?.layers[0]?.descriptor.digest);
  return { registry, image, reference: parseReference(`${registry.host}/team/app:v1`), layer };
}

interface Opened {
  readonly store: Store;
  readonly root: string;
}

async function openWith(inactivity: number, pull: Partial<typeof defaultSettings.pull> = {}): Promise<Opened> {
  const root = await scratchDirectory();
  const settings = { ...defaultSettings.pull, lease: 0, inactivity, ...pull };
  const store = await openStore({ root, pull: settings, durability: "relaxed" });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return { store, root };
}

/** The client is loaded at the first question, which takes as long as these pulls may stand still. */
beforeAll(async () => void (await import("@stowage/registry-http")));

const never = () => new Promise<never>(() => undefined);

test.for([
  { what: "its manifest", stalls: /manifests\/v1/, says: (host: string) => `waiting for an answer from ${host}` },
  { what: "its token", stalls: / \/token/, says: (host: string) => `waiting for an answer from ${host}` },
  { what: "its config", stalls: /blobs/, says: (host: string) => `waiting for an answer from ${host}` },
])("stops a pull for which $what never comes, and says so", async ({ stalls, says }) => {
  const issuer = createTokenIssuer();
  const { registry, reference } = await offer({ authentication: { kind: "bearer", issuer } });
  registry.wrap(when(stalls, never));
  const { store, root } = await openWith(0.5);
  await expect(store.images.pull(reference)).rejects.toMatchObject({
    code: "deadline-exceeded",
    message: `Cannot pull ${registry.host}/team/app:v1: nothing has happened for 0.5 s while ${says(registry.host)}`,
  });
  expect(await readdir(join(root, "storage", "overlay", "staging"))).toEqual([]);
});

test("stops a pull whose layer comes no further, says how far it came, and goes on there the next time", async () => {
  const { registry, reference, layer } = await offer();
  registry.wrap(when(new RegExp(layer), times(1, stallAfter(1000))));
  const { store, root } = await openWith(0.6);
  await expect(store.images.pull(reference)).rejects.toMatchObject({
    code: "deadline-exceeded",
    message: expect.stringMatching(`0.6 s while fetching ${layer}, of which 1000 of \\d+ bytes are in$`),
  });
  expect(await readdir(join(root, "storage", "overlay", "staging"))).toEqual([]);
  expect(await store.images.holds()).toEqual([]);
  await store.images.pull(reference);
  const ranges = registry.requests.filter(({ path }) => path.includes(layer)).map(({ headers }) => headers.range);
  expect(ranges.at(-1)).toMatch(/^bytes=1000-/);
});

test("lets a pull be that is slow and steady, in all for longer than it may stand still", async () => {
  const { registry, reference, layer } = await offer();
  registry.wrap(when(new RegExp(layer), trickle(layerBytes / 2)));
  const { store } = await openWith(1);
  const begun = performance.now();
  await store.images.pull(reference);
  expect(performance.now() - begun).toBeGreaterThan(1200);
});

test("does not count the wait for a turn, and stops who has it and stands still", async () => {
  const [stalling, other] = [await offer(), await offer()];
  stalling.registry.wrap(when(new RegExp(stalling.layer), never));
  const { store } = await openWith(0.5, { concurrentLayersPerRegistry: 1 });
  stalling.registry.putImage("team/other", "v1", other.image);
  const first = store.images.pull(stalling.reference);
  const events: PullEvent[] = [];
  const begun = performance.now();
  const waits = new Promise<void>((resolve) => {
    stalling.registry.wrap(async (request, next) => {
      if (request.path.includes(stalling.layer)) resolve();
      return await next(request);
    });
  });
  await waits;
  await setTimeout(300);
  const second = store.images.pull(parseReference(`${stalling.registry.host}/team/other:v1`), {
    onProgress: (event) => void events.push(event),
  });
  await expect(first).rejects.toMatchObject({ code: "deadline-exceeded" });
  await second;
  expect(performance.now() - begun).toBeGreaterThan(400);
  expect(events).toContainEqual(expect.objectContaining({ kind: "layer", phase: "waiting" }));
});

test("one caller's standstill ends nobody else's pull of the same layer", async () => {
  const { registry, reference, layer } = await offer();
  const held = Promise.withResolvers<void>();
  registry.wrap(
    when(new RegExp(layer), async (request, next) => {
      await held.promise;
      return await next(request);
    }),
  );
  const { store } = await openWith(0.4);
  const impatient = store.images.pull(reference);
  store.tune({ ...defaultSettings, pull: { ...defaultSettings.pull, lease: 0, inactivity: 0 } });
  const patient = store.images.pull(reference);
  await expect(impatient).rejects.toMatchObject({ code: "deadline-exceeded" });
  held.resolve();
  const image = await patient;
  expect(await store.images.list()).toEqual([image]);
  const asked = registry.requests.filter(({ path }) => path.includes(layer));
  expect(asked).toHaveLength(1);
});

test("a caller who leaves is not told of a standstill", async () => {
  const { registry, reference } = await offer();
  registry.wrap(when(/manifests/, never));
  const { store } = await openWith(30);
  const reason = new Error("enough");
  await expect(store.images.pull(reference, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    name: "TimeoutError",
  });
  await expect(store.images.pull(reference, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
