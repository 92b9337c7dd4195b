import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { parseImageQuery } from "@stowage/image-service";
import { parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { describe, expect, test } from "vitest";
import { scratchDirectory, scratchRegistry, scratchStore } from "./scratch.test.fixture.ts";

const platform = parsePlatform("linux/amd64");
const layer = (name: string) => ({ files: [{ kind: "file" as const, name, content: Buffer.from(name) }] });
const imageOf = (name: string): MadeImage =>
  makeImage({ platforms: [{ platform: "linux/amd64", layers: [layer("base"), layer(name)] }] });
const idOf = ({ platforms }: MadeImage) => platforms[0]?.id ?? "";

/** A store with one image under two names, and a registries.conf that looks for short names where it came from. */
async function stocked() {
  const registry = await scratchRegistry();
  const made = imageOf("app");
  registry.putImage("team/app", "1", made);
  const conf = join(await scratchDirectory(), "registries.conf");
  await writeFile(conf, `unqualified-search-registries = ["${registry.host}/team"]\n`);
  const store = await scratchStore(undefined, { registriesConf: conf });
  const name = `${registry.host}/team/app:1`;
  const pulled = await store.images.pull(parseReference(name), { platform });
  const other = `${registry.host}/team/app:2`;
  await store.images.tag(name, parseReference(other));
  const digest = `${registry.host}/team/app@${made.digest}`;
  return { registry, store, images: store.images, made, id: idOf(made), name, other, digest, pulled };
}

describe("what CRI-O asks of its ImageServer", () => {
  test("ListImages: all that are READY, each once with its names", async () => {
    const { images, id, name, other, digest } = await stocked();
    expect(await images.list()).toMatchObject([{ id, tags: [name, other], digests: [digest] }]);
  });

  test("ImageStatusByID: by the whole id, with its algorithm or without, and never by a name that looks like one", async () => {
    const { images, id } = await stocked();
    for (const text of [id, id.slice("sha256:".length)]) expect(await images.find(text)).toMatchObject({ id });
    expect(await images.find(`sha256:${"0".repeat(64)}`)).toBeUndefined();
  });

  test("ImageStatusByName: by each of its names, and by a short one", async () => {
    const { images, id, name, other, digest } = await stocked();
    for (const text of [name, other, digest, "app:1"]) expect(await images.find(text), text).toMatchObject({ id });
    expect(await images.find("app:3")).toBeUndefined();
  });

  test("PullImage: returns the image, with the names by which it was really pulled, no other combination of them", async () => {
    const { registry, images, made, id, pulled } = await stocked();
    expect(pulled).toMatchObject({ id, digests: [`${registry.host}/team/app@${made.digest}`] });
    registry.putImage("other/app", "9", made);
    const again = await images.pull(parseReference(`${registry.host}/other/app:9`), { platform });
    expect(again.digests).toEqual([
      `${registry.host}/other/app@${made.digest}`,
      `${registry.host}/team/app@${made.digest}`,
    ]);
  });

  test("UntagImage: takes one name, and the image with the last of them", async () => {
    const { images, id, name, other } = await stocked();
    expect(await images.untag(parseReference(name))).toMatchObject({ names: [name], image: { tags: [other] } });
    expect((await images.find(id))?.previousName).toBe(name);
    expect((await images.untag(parseReference(other)))?.removal).toBeDefined();
    expect(await images.find(id)).toBeUndefined();
    expect(await images.untag(parseReference(other))).toBeUndefined();
  });

  test("DeleteImage: takes the image with all its names, whichever was said; one that is gone is fine", async () => {
    const { images, id, name } = await stocked();
    expect(await images.remove(name)).toMatchObject({ image: { id } });
    expect(await images.list()).toEqual([]);
    expect(await images.remove(id)).toBeUndefined();
  });

  test("HeuristicallyTryResolvingStringAsIDPrefix: three digits may begin an id, two may not, and names come first", async () => {
    const { images, id, name } = await stocked();
    const hex = id.slice("sha256:".length);
    for (const text of [hex.slice(0, 3), `sha256:${hex.slice(0, 12)}`])
      expect(await images.find(text)).toMatchObject({ id });
    expect(parseImageQuery(hex.slice(0, 2))).toMatchObject({ kind: "name", prefix: undefined });
    expect(parseImageQuery(name)).toMatchObject({ kind: "name", name });
  });

  test("CandidatesForPotentiallyShortImageName: by the files of the machine, never none", async () => {
    const { registry, images, name } = await stocked();
    expect(await images.candidates("app:1")).toEqual({ references: [parseReference(name)] });
    expect(await images.candidates("a.example/b")).toEqual({ references: [parseReference("a.example/b")] });
    await expect(images.candidates("UP")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(registry.host).toContain(":");
  });

  test("UpdatePinnedImagesList: exact, by a beginning and by a keyword, of whole names, and back", async () => {
    const { registry, store, images, pulled } = await stocked();
    const { content, pull, sandboxImage } = defaultSettings;
    const tune = (...pinned: readonly string[]) => store.tune({ content, pull, sandboxImage, pinned });
    expect(images.isPinned(pulled)).toBe(false);
    for (const pattern of [`${registry.host}/team/app:1`, `${registry.host}/*`, "*team*"]) {
      tune(pattern);
      expect(images.isPinned(pulled), pattern).toBe(true);
    }
    tune("team*", "evil.example/*", "app");
    expect(images.isPinned(pulled)).toBe(false);
    expect((await images.pins()).map(({ pattern }) => pattern)).toContain("evil.example/*");
  });

  test("IsRunningImageAllowed: what a policy refuses does not come, nor again where it is here", async () => {
    const { store, name } = await stocked();
    const file = join(await scratchDirectory(), "policy.json");
    await writeFile(file, '{ "default": [{ "type": "reject" }] }');
    await store[Symbol.asyncDispose]();
    const { openStore } = await import("./index.ts");
    await using strict = await openStore({ root: store.root, policy: { ...defaultSettings.policy, file } });
    await expect(strict.images.pull(parseReference(name), { platform })).rejects.toMatchObject({
      code: "permission-denied",
    });
  });
});
