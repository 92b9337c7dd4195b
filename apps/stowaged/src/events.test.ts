import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import type { ImageEvent } from "@stowage/image-service";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, startRegistry, status } from "@stowage/registry-fake";
import { connectStore } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "./index.ts";
import { scratch } from "./metrics.test.fixture.ts";

async function offer(): Promise<FakeRegistry> {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  return registry;
}

const otherImage = () =>
  makeImage({ platforms: ["linux/amd64", "linux/arm64"].map((platform) => ({ platform, layers: [] })) });

/** A daemon, one who asks it, and what it tells until it ends. */
async function watched() {
  const root = await scratch();
  const settings = { ...defaultSettings, root: join(root, "store"), address: join(root, "s.sock") };
  const daemon = await startDaemon(settings);
  const client = connectStore(daemon.address);
  onTestFinished(() => client[Symbol.dispose]());
  const events: ImageEvent[] = [];
  const watching = (async () => {
    for await (const event of client.watch()) events.push(event);
  })();
  watching.catch(() => undefined); // how it ends is looked at below
  const end = async (): Promise<readonly ImageEvent[]> => {
    await daemon[Symbol.asyncDispose]();
    await expect(watching).rejects.toMatchObject({ code: "unavailable" });
    return events;
  };
  return { client, end };
}

test("create, update and remove arrive in their order, once each, with the pulls that they are of", async () => {
  const registry = await offer();
  const { client, end } = await watched();
  const reference = `${registry.host}/a:1`;
  const pull = () => client.pull(parseReference(reference), { plainHttp: true });
  const first = await pull();
  registry.putImage("a", "1", otherImage());
  const second = await pull();
  await pull();
  await client.remove(second.id);
  registry.wrap(status(404));
  await pull().catch(() => undefined);
  const events = await end();
  const pulled = (id: string) => ({ kind: "pull-succeeded", reference, id });
  expect(events.filter(({ kind }) => kind !== "pull-progress")).toMatchObject([
    { kind: "pull-started", reference },
    { kind: "published", isNew: true, image: { id: first.id, tags: [reference] } },
    pulled(first.id),
    { kind: "pull-started", reference },
    { kind: "published", isNew: true, image: { id: second.id, tags: [reference] } },
    pulled(second.id),
    { kind: "pull-started", reference },
    { kind: "published", isNew: false, image: { id: second.id, tags: [reference] } },
    pulled(second.id),
    { kind: "removed", image: { id: second.id } },
    { kind: "pull-started", reference },
    { kind: "pull-failed", reference, why: expect.stringMatching(/404/) },
  ]);
  expect(first.id).not.toBe(second.id);
  const progress = events.filter(({ kind }) => kind === "pull-progress");
  expect(progress[0]).toMatchObject({ reference, event: { kind: "resolved" } });
});

test("an image that is pulled three times at once is created once", async () => {
  const registry = await offer();
  const { client, end } = await watched();
  const reference = parseReference(`${registry.host}/a:1`);
  const pull = () => client.pull(reference, { plainHttp: true });
  await Promise.all([pull(), pull(), pull()]);
  const published = (await end()).filter((event) => event.kind === "published");
  expect(published.map(({ isNew }) => isNew)).toEqual([true, false, false]);
});

test("who stops reading is told that they fell behind, and holds up nobody", async () => {
  const [registry, root] = [await offer(), await scratch()];
  const settings = { ...defaultSettings, root: join(root, "store"), address: join(root, "s.sock") };
  await using daemon = await startDaemon(settings);
  using slow = connectStore(daemon.address);
  using busy = connectStore(daemon.address);
  registry.wrap(status(404));
  const reference = parseReference(`${registry.host}/a:1`);
  const fail = () => busy.pull(reference, { plainHttp: true }).catch(() => undefined);
  const events = slow.watch()[Symbol.asyncIterator]();
  const readOn = async (): Promise<void> => {
    while (!(await events.next()).done);
  };
  const first = events.next();
  await fail();
  expect((await first).value).toMatchObject({ kind: "pull-started" });
  for (let batch = 0; batch < 60; batch += 1) await Promise.all(Array.from({ length: 100 }, fail));
  await expect(readOn()).rejects.toMatchObject({ code: "resource-exhausted" });
}, 120_000);
