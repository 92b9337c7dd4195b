import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { type MadeImage, makeImage, smallImage } from "@stowage/image-fixtures";
import type { PullEvent } from "@stowage/image-service";
import { digestOf, parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { startRegistry, status } from "@stowage/registry-fake";
import { describe, expect, onTestFinished, test } from "vitest";
import { openVerbs, sourceOf } from "./store-verbs.test.fixture.ts";

const name = parseReference("example.com/app:1");
const amd64 = parsePlatform("linux/amd64");

/** Incompressible, and large enough to go in many messages. */
function largeImage(): MadeImage {
  const layers = [1, 2, 3].map((at) => ({
    files: [{ kind: "file" as const, name: `data${at}`, content: randomBytes(2_500_000) }],
  }));
  return makeImage({ platforms: [{ platform: "linux/amd64", layers }] });
}

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", (held) => {
  test("an image comes from a source, with its names and progress, and nothing is read twice", async () => {
    const images = await openVerbs(held);
    const made = largeImage();
    const source = sourceOf(made, [name, { domain: name.domain, path: name.path, digest: made.digest }]);
    const events: PullEvent[] = [];
    const image = await images.load(source, { platform: amd64, onProgress: (event) => events.push(event) });
    expect(image).toMatchObject({ tags: ["example.com/app:1"], digests: [`example.com/app@${made.digest}`] });
    expect(await images.list()).toEqual([image]);
    const read = source.reads.map(({ digest }) => digest);
    expect(read.toSorted()).toEqual([...new Set(read)].toSorted());
    expect(read).toHaveLength(5);
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["resolved", "layer", "committing"]));
  });

  test("loading it again reads no layer, and gives it further names", async () => {
    const images = await openVerbs(held);
    const made = smallImage();
    const first = await images.load(sourceOf(made, [name]), { platform: amd64 });
    const again = sourceOf(made, [parseReference("example.com/app:2")]);
    expect(await images.load(again, { platform: amd64 })).toMatchObject({ id: first.id, tags: expect.any(Array) });
    const layers = new Set<string>(first.layers.map(({ blob }) => blob.digest));
    expect(again.reads.filter(({ digest }) => layers.has(digest))).toEqual([]);
    expect((await images.find(first.id))?.tags).toEqual(["example.com/app:1", "example.com/app:2"]);
  });

  test("the blobs of its layers stay, though the settings keep none, until it is pulled or goes", async () => {
    const registry = await startRegistry();
    onTestFinished(() => registry[Symbol.asyncDispose]());
    const made = largeImage();
    registry.putImage("app", "1", made);
    const reference = parseReference(`${registry.host}/app:1`);
    const images = await openVerbs(held, { content: { retain: "none", budget: 0, age: 0 } });
    const loaded = await images.load(sourceOf(made, [name]), { platform: amd64 });
    expect(loaded).toMatchObject({ keepsBlobs: true, layers: [{ kept: true }, { kept: true }, { kept: true }] });
    await images.collect();
    for (const { blob } of loaded.layers)
      expect(digestOf(await buffer(images.readBlob(loaded, blob.digest)))).toBe(blob.digest);
    await images.pull(reference, { plainHttp: true, platform: amd64 });
    await images.collect();
    const again = sourceOf(made, [name]);
    const known = await images.load(again, { platform: amd64 });
    expect(known.keepsBlobs).toBeUndefined();
    expect(known.layers.map(({ kept }) => kept)).toEqual([false, false, false]);
    expect(again.reads).toHaveLength(1); // the manifest
  });

  test("takes no name from another image, unless it is told to", async () => {
    const images = await openVerbs(held);
    const first = await images.load(sourceOf(smallImage(), [name]), { platform: amd64 });
    const other = sourceOf(largeImage(), [name]);
    const refused = { code: "already-exists", message: expect.stringContaining(first.id) };
    await expect(images.load(other, { platform: amd64 })).rejects.toMatchObject(refused);
    expect(other.reads).toHaveLength(2); // the manifest and the config, and no layer
    expect(await images.list()).toEqual([first]);
    const second = await images.load(other, { platform: amd64, force: true });
    expect((await images.find("example.com/app:1"))?.id).toBe(second.id);
  });

  test.for([
    {
      what: "other bytes than are named",
      change: (bytes: Uint8Array) => bytes.map((byte) => byte ^ 1),
      code: "failed-precondition",
    },
    { what: "fewer bytes", change: (bytes: Uint8Array) => bytes.subarray(1), code: "failed-precondition" },
    { what: "nothing, since it is not there", change: () => undefined, code: "not-found" },
  ])("no image comes of a source with $what", async ({ change, code }) => {
    const images = await openVerbs(held);
    const source = sourceOf(largeImage(), [name], (bytes) => (bytes.byteLength > 1_000_000 ? change(bytes) : bytes));
    await expect(images.load(source, { platform: amd64 })).rejects.toMatchObject({ code });
    expect(await images.list({ damagedToo: true })).toEqual([]);
  });

  test("a digest name that is not that of the source is refused", async () => {
    const images = await openVerbs(held);
    const wrong = { domain: name.domain, path: name.path, digest: digestOf("other") };
    const load = images.load(sourceOf(smallImage(), [wrong]), { platform: amd64 });
    await expect(load).rejects.toMatchObject({ code: "invalid-argument" });
  });

  test("stops with the reason of the signal", async () => {
    const images = await openVerbs(held);
    const stopping = new AbortController();
    const reason = new Error("enough");
    const source = sourceOf(largeImage(), [name], (bytes) => {
      if (bytes.byteLength > 1_000_000) stopping.abort(reason);
      return bytes;
    });
    await expect(images.load(source, { platform: amd64, signal: stopping.signal })).rejects.toBe(reason);
    expect(await images.list()).toEqual([]);
  });

  test("every document and blob of an image can be read again, those that are not kept from the registry", async () => {
    const registry = await startRegistry();
    onTestFinished(() => registry[Symbol.asyncDispose]());
    const made = largeImage();
    registry.putImage("app", "1", made);
    const images = await openVerbs(held, { content: { retain: "none", budget: 0, age: 0 } });
    const image = await images.pull(parseReference(`${registry.host}/app:1`), { plainHttp: true, platform: amd64 });
    expect(image.layers.map(({ kept }) => kept)).toEqual([false, false, false]);
    for (const { digest } of [image.manifest, image.config, ...image.layers.map(({ blob }) => blob)])
      expect(digestOf(await buffer(images.readBlob(image, digest, { plainHttp: true })))).toBe(digest);
    const absent = buffer(images.readBlob(image, digestOf("other")));
    await expect(absent).rejects.toMatchObject({ code: "not-found" });
    registry.wrap(status(404));
    const [layer] = image.layers;
    if (layer === undefined) throw new Error("it has layers");
    await expect(buffer(images.readBlob(image, layer.blob.digest, { plainHttp: true }))).rejects.toMatchObject({
      code: "failed-precondition",
      message: expect.stringContaining("not kept here"),
    });
  });
});
