import { decodeAuthConfig } from "@stowage/auth";
import { defaultSettings } from "@stowage/config";
import { makeImage } from "@stowage/image-fixtures";
import type { Image } from "@stowage/images";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, stallAfter, when } from "@stowage/registry-fake";
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
