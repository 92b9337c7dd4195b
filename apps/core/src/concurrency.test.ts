import { randomBytes } from "node:crypto";
import { decodeAuthConfig } from "@stowage/auth";
import { defaultSettings } from "@stowage/config";
import { makeImage } from "@stowage/image-fixtures";
import type { ImageEvent } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, stallAfter, trickle, when } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { openStore, type Store } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

/** Ten images over one base, each with a layer of its own. */
function putTen(registry: FakeRegistry): void {
  const file = (name: string) => ({ kind: "file" as const, name, content: Buffer.from(name.repeat(1000)) });
  for (let at = 0; at < 10; at += 1) {
    const layers = [{ files: [file("base")] }, { files: [file(`own-${at}`)] }];
    const platforms = ["linux/amd64", "linux/arm64"].map((platform) => ({ platform, layers }));
    registry.putImage("team/app", `v${at}`, makeImage({ platforms }));
  }
}

async function openWith(pull: Partial<typeof defaultSettings.pull> = {}): Promise<Store> {
  const settings = { ...defaultSettings.pull, lease: 0, ...pull };
  const store = await openStore({ root: await scratchDirectory(), pull: settings, durability: "relaxed" });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

const credential = (password: string) =>
  decodeAuthConfig({ username: "me", password, auth: "", identityToken: "", registryToken: "" })?.credential;

test("fifty pulls of ten images fetch each blob once, and each caller is let in for itself", async () => {
  const registry = await scratchRegistry({ authentication: { kind: "basic", users: { me: "right" } } });
  putTen(registry);
  const { images } = await openWith();
  const pulls = Array.from({ length: 50 }, (_, at) => {
    const reference = parseReference(`${registry.host}/team/app:v${at % 10}`);
    return images.pull(reference, { credential: credential(at < 10 ? "wrong" : "right") });
  });
  const outcomes = await Promise.allSettled(pulls);
  const refused = outcomes.filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(10);
  for (const outcome of refused)
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "unauthenticated" });
  expect(await images.list()).toHaveLength(10);
  const sent = registry.requests.filter(({ method, path }) => method === "GET" && path.includes("/blobs/"));
  const allowed = sent.filter(({ headers }) => headers.authorization?.includes(encode("right")) === true);
  expect(new Set(allowed.map(({ path }) => path)).size).toBe(allowed.length);
  expect(allowed).toHaveLength(10 + 1 + 10); // configs, the base, the layers of their own
  await expect(
    images.pull(parseReference(`${registry.host}/team/app:v0`), { credential: credential("wrong") }),
  ).rejects.toMatchObject({ code: "unauthenticated" });
});

const encode = (password: string): string => Buffer.from(`me:${password}`).toString("base64");

test("who waits for a layer that another pull fetches hears how far it is, also when that pull is stopped", async () => {
  const registry = await scratchRegistry();
  const layers = [{ files: [{ kind: "file" as const, name: "big", content: randomBytes(60_000) }] }];
  const image = makeImage({ platforms: ["linux/amd64", "linux/arm64"].map((platform) => ({ platform, layers })) });
  registry.putImage("team/app", "v0", image);
  registry.wrap(when(new RegExp(String(image.platforms[0]?.layers[0]?.descriptor.digest)), trickle(60_000)));
  const { images } = await openWith();
  const events: ImageEvent[] = [];
  (async () => {
    for await (const event of images.watch()) events.push(event);
  })().catch(() => undefined);
  const bytesOf = (pull: string | undefined) =>
    events.flatMap((each) => {
      const isOf = each.kind === "pull-progress" && each.pull === pull && each.event.kind === "layer";
      return isOf && each.event.phase === "fetching" ? [each.event.bytes] : [];
    });
  const pulls = () => events.flatMap((event) => (event.kind === "pull-started" ? [event.pull] : []));
  const leaving = new AbortController();
  const reference = parseReference(`${registry.host}/team/app:v0`);
  const first = images.pull(reference, { signal: leaving.signal });
  await expect.poll(() => bytesOf(pulls()[0]).length).toBeGreaterThan(2);
  const second = images.pull(reference);
  await expect.poll(() => bytesOf(pulls()[1]).length).toBeGreaterThan(2);
  leaving.abort(new Error("enough"));
  await expect(first).rejects.toThrow("enough");
  const before = bytesOf(pulls()[1]).length;
  await second;
  const heard = bytesOf(pulls()[1]);
  expect(heard.length).toBeGreaterThan(before + 2);
  expect(heard).toEqual(heard.toSorted((one, other) => one - other));
  const ofFirst = events.filter((event) => "pull" in event && event.pull === pulls()[0]);
  expect(ofFirst.at(-1)?.kind).toBe("pull-failed");
});

test("a registry that stalls holds no turns that others need, and nobody waits who only asks", async () => {
  const [slow, quick] = [await scratchRegistry(), await scratchRegistry()];
  for (const registry of [slow, quick]) putTen(registry);
  slow.wrap(when(/blobs/, stallAfter(10)));
  const { images } = await openWith({ concurrentLayers: 4, concurrentLayersPerRegistry: 3 });
  const leaving = new AbortController();
  const stuck = Array.from({ length: 10 }, (_, at) =>
    images.pull(parseReference(`${slow.host}/team/app:v${at}`), { signal: leaving.signal }),
  );
  const settled = Promise.allSettled(stuck);
  const pulled: Image[] = [];
  for (let at = 0; at < 10; at += 1) pulled.push(await images.pull(parseReference(`${quick.host}/team/app:v${at}`)));
  expect(await images.list()).toEqual(pulled);
  expect((await images.usage()).bytes).toBeGreaterThan(0);
  await images.remove(`${quick.host}/team/app:v0`);
  expect(await images.list()).toHaveLength(9);
  leaving.abort(new Error("enough"));
  expect((await settled).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => "rejected"));
});
