import { digestOf } from "@stowage/oci";
import { describe, expect, test } from "vitest";
import type { Image, ImageRecord } from "./image.ts";
import { neededBy } from "./image.ts";
import type { ImageIndex } from "./image-index.ts";
import { imageKeyOf } from "./image-key.ts";
import { blobResource } from "./resource.ts";

/** What every `ImageIndex` promises. Each adapter's tests call this with a way to open a fresh one. */
export function describeImageIndex(name: string, open: () => Promise<ImageIndex>): void {
  describe(`${name} keeps the promises of ImageIndex`, () => {
    test("finds a published image by its id and by each of its names", async () => {
      const index = await open();
      const { image, isNew } = await index.publish(one, ["docker.io/library/a:1", atDigest]);
      expect(image).toMatchObject({ ...one, tags: ["docker.io/library/a:1"], digests: [atDigest] });
      expect(isNew).toBe(true);
      expect(image.publishedAt).toBeGreaterThan(0);
      expect(await index.find(one.id)).toEqual(image);
      expect(await index.findByName("docker.io/library/a:1")).toEqual(image);
      expect(await index.findByName(atDigest)).toEqual(image);
      expect(await index.list()).toEqual([image]);
    });

    test("knows nothing of what was never published", async () => {
      const index = await open();
      expect(await index.find(one.id)).toBeUndefined();
      expect(await index.findByName("docker.io/library/a:1")).toBeUndefined();
      expect(await index.remove(one.id)).toBeUndefined();
      expect(await index.list()).toEqual([]);
    });

    test("adds names to an image that is there, and keeps its time", async () => {
      const index = await open();
      const first = await index.publish(one, ["docker.io/library/a:1"]);
      const second = await index.publish(one, ["docker.io/library/a:2", "docker.io/library/a:1"]);
      const tags = ["docker.io/library/a:1", "docker.io/library/a:2"];
      expect(second).toEqual({ image: { ...first.image, tags }, isNew: false });
      expect(await index.list()).toHaveLength(1);
    });

    test("moves a tag to the image that took it last; the old one keeps its other names", async () => {
      const index = await open();
      await index.publish(one, ["docker.io/library/a:1", atDigest]);
      await index.publish(two, ["docker.io/library/a:1"]);
      expect((await index.findByName("docker.io/library/a:1"))?.id).toBe(two.id);
      expect(await index.find(one.id)).toMatchObject({ tags: [], digests: [atDigest] });
    });

    test("removes an image with all its names, once", async () => {
      const index = await open();
      await index.publish(one, ["docker.io/library/a:1", "ghcr.io/other/b:2", atDigest]);
      await index.publish(two, ["docker.io/library/b:1"]);
      expect((await index.remove(one.id))?.id).toBe(one.id);
      expect(await index.remove(one.id)).toBeUndefined();
      expect(await index.findByName("ghcr.io/other/b:2")).toBeUndefined();
      expect((await index.list()).map(({ id }) => id)).toEqual([two.id]);
    });

    test("keeps one image apart for each runtime handler that it was pulled for, under the same names", async () => {
      const index = await open();
      const name = "docker.io/library/a:1";
      const kata: ImageRecord = { ...one, handler: "kata", snapshotter: "native" };
      await index.publish(one, [name]);
      expect(await index.findByName(name, { handler: "kata" })).toBeUndefined();
      await index.publish(kata, [name, atDigest]);
      expect(await index.find(one.id)).toMatchObject({ tags: [name], digests: [] });
      expect(await index.find(imageKeyOf(kata))).toMatchObject({ ...kata, tags: [name], digests: [atDigest] });
      expect(await index.findByName(name, { handler: "kata" })).toMatchObject(kata);
      expect((await index.findByName(name))?.handler).toBeUndefined();
      await index.publish({ ...two, handler: "kata" }, [name]);
      expect((await index.findByName(name))?.id).toBe(one.id);
      expect(await index.remove(imageKeyOf(kata))).toMatchObject({ handler: "kata", digests: [atDigest] });
      expect((await index.list()).map(imageKeyOf)).toEqual([one.id, `${two.id} kata`]);
    });

    test("takes names from images, which stay; for one handler, and no other", async () => {
      const index = await open();
      const names = ["docker.io/library/a:1", "docker.io/library/a:2"];
      await index.publish(one, [...names, atDigest]);
      await index.publish({ ...one, handler: "kata" }, names);
      await index.removeNames(["docker.io/library/a:2", atDigest, "docker.io/library/a:never"]);
      expect(await index.find(one.id)).toMatchObject({ tags: ["docker.io/library/a:1"], digests: [] });
      expect(await index.findByName("docker.io/library/a:2")).toBeUndefined();
      expect(await index.findByName("docker.io/library/a:2", { handler: "kata" })).toMatchObject({ tags: names });
      await index.removeNames(names, { handler: "kata" });
      expect((await index.list()).map(({ tags }) => tags)).toEqual([["docker.io/library/a:1"], []]);
    });

    test("knows of an image the name that it has lost last, until it has that back", async () => {
      const index = await open();
      const [first, second] = ["docker.io/library/app:1", "docker.io/library/app:2"];
      await index.publish(one, [first, second, `docker.io/library/app@${one.manifest.digest}`]);
      expect((await index.find(one.id))?.previousName).toBeUndefined();
      await index.publish(two, [first]);
      expect((await index.find(one.id))?.previousName).toBe(first);
      await index.removeNames([second]);
      expect((await index.find(one.id))?.previousName).toBe(second);
      await index.publish(one, [second]);
      expect((await index.find(one.id))?.previousName).toBeUndefined();
      expect((await index.find(two.id))?.previousName).toBeUndefined();
    });

    test("a pin is of a name, whichever image has it, and stays when the image goes", async () => {
      const index = await open();
      const name = "docker.io/library/a:1";
      await index.publish(one, [name]);
      await index.pin([name, two.id, name]);
      expect((await index.find(one.id))?.pins).toEqual([name]);
      await index.publish(two, [name]);
      expect((await index.find(one.id))?.pins).toEqual([]);
      expect((await index.find(two.id))?.pins).toEqual([name, two.id].toSorted());
      await index.remove(two.id);
      expect(await index.listPins()).toEqual([name, two.id].toSorted());
      await index.publish(one, [name]);
      expect((await index.find(one.id))?.pins).toEqual([name]);
      await index.unpin([name, "docker.io/library/b:1"]);
      expect(await index.listPins()).toEqual([two.id]);
      expect((await index.find(one.id))?.pins).toEqual([]);
    });

    test("keeps the files of an artifact, and says when one is lost", async () => {
      const index = await open();
      const [file] = one.layers.map(({ blob }) => blob);
      if (file === undefined) throw new Error("an artifact has a file");
      const artifact: ImageRecord = { ...one, id: one.manifest.digest, layers: [], files: [file] };
      await index.publish(artifact, []);
      await index.reportDamage([{ resource: blobResource(file.digest), why: "is missing" }]);
      expect(await index.find(artifact.id)).toMatchObject({ files: [file], damage: [{ why: "is missing" }] });
    });

    test("lists the oldest first", async () => {
      const index = await open();
      await index.publish(two, []);
      await index.publish(one, []);
      await index.publish(two, ["docker.io/library/b:1"]);
      expect((await index.list()).map(({ id }) => id)).toEqual([two.id, one.id]);
    });

    test("keeps the order and the images of publications that come all at once", async () => {
      const index = await open();
      const names = Array.from({ length: 20 }, (_, at) => `docker.io/library/a:${at}`);
      await Promise.all(
        names.map((name, at) => index.publish(at % 2 === 0 ? one : two, [name, "docker.io/library/a:last"])),
      );
      expect((await index.list()).flatMap(({ tags }) => tags).toSorted()).toEqual(
        [...names, "docker.io/library/a:last"].toSorted(),
      );
      expect((await index.findByName("docker.io/library/a:last"))?.id).toBe(two.id);
    });

    test("is new for one of those that publish it at once, and again once it was removed", async () => {
      const index = await open();
      const publishThree = async () => {
        const published = await Promise.all(["1", "2", "3"].map((tag) => index.publish(one, [`docker.io/a/b:${tag}`])));
        return published.map(({ isNew }) => isNew);
      };
      expect(await publishThree()).toEqual([true, false, false]);
      await index.remove(one.id);
      expect(await publishThree()).toEqual([true, false, false]);
    });

    test("says what an image lost until it is published anew", async () => {
      const index = await open();
      await index.publish(one, ["docker.io/library/a:1"]);
      await index.publish(two, ["docker.io/library/b:1"]);
      const [resource] = neededBy(one);
      if (resource === undefined) throw new Error("an image needs something");
      await index.reportDamage([{ resource, why: "is missing" }]);
      const damageOf = async (id: Image["id"]) => (await index.find(id))?.damage;
      expect(await damageOf(one.id)).toEqual([{ resource, why: "is missing" }]);
      expect(await damageOf(two.id)).toEqual([]);
      expect(await index.listDamage()).toEqual([{ resource, why: "is missing" }]);
      await index.publish(one, []);
      expect(await damageOf(one.id)).toHaveLength(1);
      const { image: mended } = await index.publish(one, [], { mended: [resource] });
      expect(mended.damage).toEqual([]);
      expect(await damageOf(one.id)).toEqual([]);
      await index.reportDamage([{ resource, why: "is missing" }]);
      await index.endDamage([resource]);
      expect(await damageOf(one.id)).toEqual([]);
    });

    test("forgets blobs of layers that are not kept any more", async () => {
      const index = await open();
      await index.publish(one, []);
      await index.forgetBlobs([digestOf("layer of one"), digestOf("layer of nobody")]);
      expect((await index.find(one.id))?.layers).toMatchObject([{ kept: false }]);
    });

    test("does not bring an image back whose blobs are forgotten while it is removed", async () => {
      const index = await open();
      await index.publish(one, []);
      await Promise.all([index.remove(one.id), index.forgetBlobs([digestOf("layer of one")])]);
      expect(await index.list()).toEqual([]);
    });

    test("keeps a lease until it is ended, and one for each holder", async () => {
      const index = await open();
      const lease = { holder: "mount /mnt", resources: [blobResource(one.id)], boot: "this one", endsAt: 12.5 };
      await index.takeLease(lease);
      await index.takeLease({ ...lease, endsAt: 99 });
      await index.publish(one, [], { lease: { holder: "pull", resources: [], boot: "this one" } });
      expect((await index.listLeases()).map(({ holder, endsAt }) => [holder, endsAt])).toEqual([
        ["mount /mnt", 99],
        ["pull", undefined],
      ]);
      await index.remove(one.id, { endLeases: ["pull"] });
      expect(await index.listLeases()).toEqual([{ ...lease, endsAt: 99 }]);
      await index.takeLease({ holder: "container web", resources: lease.resources });
      expect(await index.listLeases()).toContainEqual({ holder: "container web", resources: lease.resources });
      await index.endLeases(["mount /mnt", "container web", "nobody"]);
      expect(await index.listLeases()).toEqual([]);
    });

    test("stops with the reason of the signal and publishes nothing", async () => {
      const index = await open();
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(index.publish(one, ["docker.io/library/a:1"], { signal })).rejects.toBe(signal.reason);
      expect(await index.list()).toEqual([]);
    });
  });
}

const atDigest = `docker.io/library/a@${digestOf("an index")}`;

function record(name: string): ImageRecord {
  const blob = (text: string) => ({ mediaType: "application/octet-stream", digest: digestOf(text), size: text.length });
  const config = blob(`config of ${name}`);
  return {
    id: config.digest,
    manifest: blob(`manifest of ${name}`),
    index: blob(`index of ${name}`),
    config,
    layers: [
      { blob: blob(`layer of ${name}`), kept: true, diffId: digestOf(`tar of ${name}`), bytes: 4096, inodes: 2 },
    ],
    platform: { os: "linux", architecture: "arm64" },
    user: "1000:1000",
    annotations: { "org.example.note": name },
    created: "2026-01-02T03:04:05Z",
  };
}

const one = record("one");
const two = record("two");
