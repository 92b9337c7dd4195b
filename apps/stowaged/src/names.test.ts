import { makeImage, smallImage } from "@stowage/image-fixtures";
import { imageSize } from "@stowage/images";
import { parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { startRegistry } from "@stowage/registry-fake";
import { describe, expect, onTestFinished, test } from "vitest";
import { openVerbs, sourceOf } from "./store-verbs.test.fixture.ts";

const platform = parsePlatform("linux/amd64");
const one = "example.com/app:1";
const two = "example.com/app:2";

function tinyImage(content: string) {
  const files = [{ kind: "file" as const, name: "about", content: Buffer.from(content) }];
  return makeImage({ platforms: [{ platform: "linux/amd64", layers: [{ files }] }] });
}

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", (held) => {
  const openWith = async (settings?: Parameters<typeof openVerbs>[1]) => {
    const images = await openVerbs(held, settings);
    const load = (content: string, name: string) =>
      images.load(sourceOf(tinyImage(content), [parseReference(name)]), { platform });
    const pull = async () => {
      const registry = await startRegistry();
      onTestFinished(() => registry[Symbol.asyncDispose]());
      registry.putImage("app", "1", smallImage());
      return await images.pull(parseReference(`${registry.host}/app:1`), { plainHttp: true, platform });
    };
    return { images, load, pull };
  };

  test("CLI-18: an image gets names and loses them, and goes with the last", async () => {
    const { images, load } = await openWith();
    const image = await load("one", one);
    expect(await images.tag(image.id.slice(7, 19), parseReference(two))).toMatchObject({
      id: image.id,
      tags: [one, two],
    });
    expect(await images.untag(parseReference(one))).toEqual({
      image: expect.objectContaining({ tags: [two] }),
      names: [one],
    });
    expect(await images.untag(parseReference(one))).toBeUndefined();
    const { removal } = (await images.untag(parseReference(two))) ?? {};
    expect(removal).toMatchObject({ image: { id: image.id }, freed: { bytes: imageSize(image) }, holders: [] });
    expect(await images.list()).toEqual([]);
  });

  test("with the last tag of a repository go its digest names, and no other's", async () => {
    const { images } = await openWith();
    const made = tinyImage("one");
    const at = (path: string) => ({ domain: "example.com", path, digest: made.digest });
    const names = [parseReference(one), at("app"), parseReference("example.com/other:1"), at("other")];
    await images.load(sourceOf(made, names), { platform });
    const { names: taken, image } = (await images.untag(parseReference(one))) ?? {};
    expect(taken).toEqual([one, `example.com/app@${made.digest}`]);
    expect(image).toMatchObject({ tags: ["example.com/other:1"], digests: [`example.com/other@${made.digest}`] });
  });

  test("a name goes from one image to another, unless it is pinned", async () => {
    const { images, load } = await openWith({ pinned: ["example.com/set:*"] });
    const first = await load("one", one);
    const second = await load("two", two);
    await images.tag(two, parseReference(one));
    expect((await images.find(one))?.id).toBe(second.id);
    expect(await images.find(first.id)).toMatchObject({ tags: [] });
    await images.pin(one);
    const refused = { code: "already-exists", message: expect.stringContaining("pinned") };
    await expect(images.tag(first.id, parseReference(one))).rejects.toMatchObject(refused);
    await images.tag(first.id, parseReference("example.com/set:1"));
    await expect(images.tag(two, parseReference("example.com/set:1"))).rejects.toMatchObject(refused);
    expect(await images.tag(first.id, parseReference(one), { force: true })).toMatchObject({ pins: [one] });
  });

  test.for([
    { what: "an image that is not here", name: "example.com/none:1", to: two, code: "not-found" },
    { what: "by a digest", name: one, to: `example.com/app@sha256:${"0".repeat(64)}`, code: "invalid-argument" },
  ])("cannot tag $what", async ({ name, to, code }) => {
    const { images, load } = await openWith();
    await load("one", one);
    await expect(images.tag(name, parseReference(to))).rejects.toMatchObject({ code });
  });

  test("CLI-06: pins are told with whose they are, and end", async () => {
    const { images, load } = await openWith({ pinned: ["example.com/set:*"], sandboxImage: "example.com/pause:1" });
    const image = await load("one", one);
    expect(await images.pin(one)).toEqual({ pattern: one, by: "somebody" });
    expect(await images.pin(image.id.slice(7, 17))).toEqual({ pattern: image.id, by: "somebody" });
    expect(await images.pins()).toEqual([
      { pattern: "example.com/set:*", by: "settings" },
      { pattern: "example.com/pause:1", by: "settings" },
      ...[one, image.id].toSorted().map((pattern) => ({ pattern, by: "somebody" })),
    ]);
    expect((await images.find(one))?.pins).toEqual([one, image.id].toSorted());
    await images.remove(one);
    expect(await images.unpin(one)).toEqual({ pattern: one, by: "somebody" });
    await images.unpin(image.id);
    await expect(images.unpin(one)).rejects.toMatchObject({ code: "not-found" });
    await expect(images.pin(one)).rejects.toMatchObject({ code: "not-found" });
  });

  test("what the settings pin, nobody unpins", async () => {
    const { images, load } = await openWith({ pinned: ["example.com/*"] });
    await load("one", one);
    const why = { code: "not-found", message: expect.stringContaining("the settings pin it") };
    await expect(images.unpin(one)).rejects.toMatchObject(why);
  });

  test("CLI-09: a removal says what it frees, and who holds the rest until they let go", async () => {
    const { images } = await openWith();
    const image = await images.load(sourceOf(smallImage(), [parseReference(one)]), { platform });
    await images.view(image, { holder: "mount /mnt" });
    expect(await images.holds()).toMatchObject([{ holder: "mount /mnt", resources: expect.any(Array) }]);
    const layers = image.layers.reduce((sum, { bytes }) => sum + bytes, 0);
    const removal = await images.remove(one, { endLease: true });
    expect(removal).toMatchObject({ freed: { bytes: imageSize(image) - layers }, holders: ["mount /mnt"] });
    expect(await images.usage()).toMatchObject({ bytes: layers });
    await images.release("mount /mnt");
    expect(await images.usage()).toEqual({ bytes: 0, inodes: 0 });
    expect(await images.holds()).toEqual([]);
  });

  test("CLI-05: a dry collection says what would go and why, and takes nothing", async () => {
    const { images, pull } = await openWith({ content: { retain: "budget", budget: 10_000_000, age: 1000 } });
    const image = await pull();
    const held = { gone: [], kept: image.layers.map(() => expect.objectContaining({ why: "retained" })) };
    expect(await images.collect({ dryRun: true })).toEqual(held);
    await images.view(image, { holder: "mount /mnt" });
    await images.remove(image.id, { endLease: true });
    const { kept, gone } = await images.collect({ dryRun: true });
    expect(kept.map(({ kind, why, holders }) => ({ kind, why, holders }))).toEqual(
      image.layers.map(() => ({ kind: "layer", why: "held", holders: ["mount /mnt"] })),
    );
    expect(gone).toEqual([]);
  });

  test("what it would give back is what it then gives back", async () => {
    const { images, pull } = await openWith({ content: { retain: "none", budget: 0, age: 0 } });
    const { layers } = await pull();
    const would = await images.collect({ dryRun: true });
    expect(await images.collect()).toEqual(would);
    expect(layers.length).toBeGreaterThan(0);
    expect((await images.collect({ dryRun: true })).gone).toEqual([]);
  });

  test("of names that are given and taken side by side, none is lost, and none is taken over", async () => {
    const { images, load } = await openWith();
    for (let time = 0; time < 10; time += 1) {
      const [a, b, c] = ["a", "b", "c"].map((name) => `example.com/${name}:${time}`);
      const { id } = await load(`one ${time}`, a ?? "");
      await Promise.all([images.tag(id, parseReference(b ?? "")), images.untag(parseReference(a ?? ""))]);
      expect(await images.find(b ?? "")).toMatchObject({ id, tags: [b] });
      const loads = await Promise.allSettled([load(`two ${time}`, c ?? ""), load(`three ${time}`, c ?? "")]);
      expect(loads.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    }
    expect((await images.check({ level: "digests" })).findings).toEqual([]);
  });
});
