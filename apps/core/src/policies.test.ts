import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AdmissionRefusedError } from "@stowage/admission";
import { defaultSettings } from "@stowage/config";
import { makeArtifact, smallImage } from "@stowage/image-fixtures";
import { type Digest, encodedOf, parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import type { FakeRegistry } from "@stowage/registry-fake";
import { expect, onTestFinished, test } from "vitest";
import { openStore, type Store } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

const accept = [{ type: "insecureAcceptAnything" }];
const reject = [{ type: "reject" }];
const cosign = [{ type: "sigstoreSigned", keyPath: "/etc/pki/cosign.pub" }];
const platform = parsePlatform("linux/amd64");

/** A store with a policy, which can be written anew, and a registry with an image and an artifact. */
async function setUp(policy: object | string) {
  const [registry, root] = [await scratchRegistry(), await scratchDirectory()];
  registry.putImage("team/app", "1", smallImage());
  registry.putImage("team/model", "1", makeArtifact({ artifactType: "application/vnd.example.model", files: [] }));
  const file = join(root, "policy.json");
  const write = (text: object | string) => writeFile(file, typeof text === "string" ? text : JSON.stringify(text));
  await write(policy);
  const places = { file, namespacesDir: join(root, "policies") };
  const pull = { ...defaultSettings.pull, lease: 0 };
  const store = await openStore({ root: join(root, "store"), policy: places, pull });
  onTestFinished(() => store[Symbol.asyncDispose]());
  const name = (path: string) => parseReference(`${registry.host}/${path}:1`);
  return { registry, store, file, write, app: name("team/app"), model: name("team/model") };
}

/** No image, no name, no lease, and nothing on the disk that belongs to nobody. */
async function expectNothing({ images, root }: Store): Promise<void> {
  expect(await images.list({ damagedToo: true })).toEqual([]);
  expect(await images.holds()).toEqual([]);
  expect(await images.collect({ dryRun: true })).toMatchObject({ gone: [], kept: [] });
  expect((await images.account()).unaccounted).toEqual({ bytes: 0, inodes: 0, paths: [] });
  const content = await readdir(join(root, "content"), { recursive: true, withFileTypes: true });
  expect(content.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([]);
}

const blobsAsked = ({ requests }: FakeRegistry) => requests.filter(({ path }) => path.includes("/blobs/"));

test.for([
  { what: "rejects everything", requirements: reject, says: "it is rejected" },
  { what: "asks for a signature", requirements: cosign, says: "cannot be verified yet" },
  { what: "accepts anything that is signed", requirements: [...accept, ...cosign], says: "cannot be verified yet" },
])("IMG-27: a policy that $what refuses before any blob is asked for", async ({ requirements, says }) => {
  const { registry, store, app, model } = await setUp({ default: requirements });
  for (const reference of [app, model]) {
    const failure = await store.images.pull(reference, { platform }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AdmissionRefusedError);
    expect(String(failure)).toContain(says);
  }
  expect(blobsAsked(registry)).toEqual([]);
  expect(registry.requests.some(({ path }) => path.endsWith("/manifests/1"))).toBe(true);
  await expectNothing(store);
});

test("an image in a scope that is accepted comes, and its neighbour does not", async () => {
  const { registry, store, write, app, model } = await setUp({ default: reject });
  await write({ default: reject, transports: { docker: { [`${registry.host}/team/app`]: accept } } });
  expect(await store.images.pull(app, { platform })).toMatchObject({ damage: [] });
  await expect(store.images.pull(model)).rejects.toThrow(AdmissionRefusedError);
});

test("a reference with a tag and a digest does not come by the word of its tag", async () => {
  const { registry, store, write, app } = await setUp({ default: reject });
  await write({ default: reject, transports: { docker: { [`${registry.host}/team/app:1`]: accept } } });
  const other = smallImage();
  const withTag = { ...app, digest: other.digest };
  await expect(store.images.pull(withTag, { platform })).rejects.toThrow(AdmissionRefusedError);
  await store.images.pull(app, { platform });
});

test("IMG-27: what is here already is judged again when it is pulled, and stays in use if it is refused", async () => {
  const { registry, store, write, app } = await setUp({ default: accept });
  const image = await store.images.pull(app, { platform });
  const before = blobsAsked(registry).length;
  await write({ default: reject });
  await expect(store.images.pull(app, { platform })).rejects.toThrow(AdmissionRefusedError);
  expect(blobsAsked(registry)).toHaveLength(before);
  expect(await store.images.list()).toEqual([image]);
  expect(await store.images.view(image)).not.toEqual([]);
});

test("a repair is refused as a pull is, and comes when the policy lets it", async () => {
  const { store, write, app } = await setUp({ default: accept });
  const image = await store.images.pull(app, { platform });
  await rm(blobPath(store, image.config.digest));
  await store.images.check({ level: "sizes" });
  await write({ default: reject });
  expect(await store.images.repair()).toMatchObject([{ failure: expect.stringContaining("it is rejected") }]);
  await write({ default: accept });
  const [repair] = await store.images.repair();
  expect(repair).not.toHaveProperty("failure");
  expect(await store.images.list()).toHaveLength(1);
});

function blobPath({ root }: Store, digest: Digest): string {
  return join(root, "content", "blobs", "sha256", encodedOf(digest));
}

test.for([
  { what: "damaged", text: "{", code: "invalid-argument" },
  { what: "of an unknown key", text: { default: accept, transport: {} }, code: "invalid-argument" },
  { what: "without a default", text: { transports: { docker: { "": accept } } }, code: "invalid-argument" },
])("IMG-30: CVE-2026-45781, failing open: a policy that is $what lets nothing in", async ({ text, code }) => {
  const { registry, store, file, app } = await setUp(text);
  const message = expect.stringContaining(file);
  await expect(store.images.pull(app, { platform })).rejects.toMatchObject({ code, message });
  expect(blobsAsked(registry)).toEqual([]);
  await expectNothing(store);
});

test("IMG-30: a policy that somebody named and that is not there lets nothing in", async () => {
  const { store, file, app } = await setUp({ default: accept });
  await rm(file);
  await expect(store.images.pull(app, { platform })).rejects.toMatchObject({
    message: `Cannot read policy "${file}": it is not there`,
  });
  await expectNothing(store);
});

test("CFG-12: a policy that is written anew counts for the next pull", async () => {
  const { store, write, app } = await setUp({ default: reject });
  await expect(store.images.pull(app, { platform })).rejects.toThrow(AdmissionRefusedError);
  await write({ default: accept });
  await store.images.pull(app, { platform });
  await write({ default: reject });
  await expect(store.images.pull(app, { platform })).rejects.toThrow(AdmissionRefusedError);
});
