import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { defaultSettings } from "@stowage/config";
import { layerIdOf } from "@stowage/containers-storage";
import { makeImage } from "@stowage/image-fixtures";
import type { Image } from "@stowage/images";
import { mount } from "@stowage/linux";
import { encodedOf, parsePlatform } from "@stowage/oci";
import { parseReference, type Reference } from "@stowage/reference";
import type { FakeRegistry } from "@stowage/registry-fake";
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore, type Store } from "./index.ts";
import { scratchDirectory, scratchRegistry } from "./scratch.test.fixture.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);
const platform = parsePlatform("linux/amd64");

interface Pulled {
  readonly registry: FakeRegistry;
  readonly root: string;
  readonly image: Image;
  readonly name: Reference;
  readonly open: () => Promise<Store>;
}

/** An image of two layers, pulled into a store that is closed again. */
async function pulled(): Promise<Pulled> {
  const registry = await scratchRegistry();
  const file = (name: string) => ({
    files: [{ kind: "file" as const, name, content: new TextEncoder().encode(name) }],
  });
  registry.putImage(
    "app",
    "1",
    makeImage({ platforms: [{ platform: "linux/amd64", layers: [file("low"), file("high")] }] }),
  );
  const root = await scratchDirectory();
  const open = async (): Promise<Store> => {
    const store = await openStore({ root, pull: { ...defaultSettings.pull, lease: 0 } });
    onTestFinished(() => store[Symbol.asyncDispose]());
    return store;
  };
  const name = parseReference(`${registry.host}/app:1`);
  const store = await open();
  const image = await store.images.pull(name, { platform });
  await store.images.check({ level: "digests" });
  await store[Symbol.asyncDispose]();
  return { registry, root, image, name, open };
}

const blobPath = (root: string, { config }: Image) =>
  join(root, "content", "blobs", "sha256", encodedOf(config.digest));
const layerPath = (root: string, { layers }: Image, count: number) =>
  join(root, "storage", "overlay", layerIdOf(layers.slice(0, count).map(({ diffId }) => diffId)));

const harms: readonly {
  what: string;
  level: "sizes" | "digests";
  harm: (root: string, image: Image) => Promise<void>;
}[] = [
  { what: "its config", level: "sizes", harm: (root, image) => rm(blobPath(root, image)) },
  {
    what: "the end of its config",
    level: "sizes",
    harm: async (root, image) => {
      await chmod(blobPath(root, image), 0o600);
      await writeFile(blobPath(root, image), "{");
    },
  },
  {
    what: "a byte of its config",
    level: "digests",
    harm: async (root, image) => {
      await chmod(blobPath(root, image), 0o600);
      await writeFile(blobPath(root, image), "X".repeat(image.config.size));
    },
  },
  {
    what: "its lower layer",
    level: "sizes",
    harm: (root, image) => rm(layerPath(root, image, 1), { recursive: true }),
  },
  {
    what: "its upper layer",
    level: "sizes",
    harm: (root, image) => rm(layerPath(root, image, 2), { recursive: true }),
  },
  {
    what: "a file of a layer",
    level: "digests",
    harm: (root, image) => rm(join(layerPath(root, image, 2), "diff", "high")),
  },
  {
    what: "a byte of a file",
    level: "digests",
    harm: (root, image) => writeFile(join(layerPath(root, image, 1), "diff", "low"), "LOW"),
  },
];

test.for(harms)(
  "an image that lost $what is not READY, says why, and is repaired by a pull of just that",
  async ({ level, harm }) => {
    const { registry, root, image, name, open } = await pulled();
    await harm(root, image);
    const { images } = await open();
    const { findings } = await images.check({ level });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.images).toEqual([image.id]);
    expect(await images.list()).toEqual([]);
    const damaged = await images.find(image.id);
    expect(damaged?.damage).toEqual([{ resource: findings[0]?.resource, why: findings[0]?.why }]);
    await expect(images.view({ ...image, ...damaged })).rejects.toMatchObject({
      code: "data-loss",
      message: expect.stringContaining("pull it again"),
    });
    const before = registry.requests.length;
    expect(await images.pull(name, { platform })).toMatchObject({ id: image.id, damage: [] });
    const asked = registry.requests.slice(before).filter(({ path }) => path.includes("/blobs/"));
    const lost = findings[0]?.resource.startsWith("layer ") === true ? 1 : 0;
    expect(asked.filter(({ path }) => !path.endsWith(image.config.digest))).toHaveLength(lost);
    expect((await images.check({ level: "digests" })).findings).toEqual([]);
    expect((await images.account()).unaccounted.paths).toEqual([]);
    expect(await images.list()).toHaveLength(1);
  },
);

test("repair pulls every damaged image again by its digest, and says of one that cannot be why", async () => {
  const { registry, root, image, open } = await pulled();
  await rm(layerPath(root, image, 2), { recursive: true });
  const { images } = await open();
  await images.check({ level: "sizes" });
  registry.wrap(async (request, next) =>
    request.path.includes("/manifests/") ? { status: 503, headers: {}, body: new Uint8Array() } : next(request),
  );
  const [failed] = await images.repair();
  expect(failed).toMatchObject({ image: { id: image.id }, failure: expect.stringContaining(registry.host) });
}, 30_000);

privileged("a mounted image keeps its files while a layer below it is repaired (needs root)", async () => {
  const { root, image, name, open } = await pulled();
  const { images } = await open();
  const target = await mkdtemp(join(tmpdir(), "stowage-mounted-"));
  for (const request of await images.view(image, { holder: `mount ${target}` })) mount({ ...request, target });
  onTestFinished(async () => {
    execFileSync("umount", ["-l", target]);
    await rm(target, { recursive: true });
  });
  await writeFile(join(layerPath(root, image, 1), "stowage.json"), "torn");
  expect((await images.check({ level: "sizes" })).findings).toHaveLength(1);
  await images.pull(name, { platform });
  expect((await readdir(target)).toSorted()).toEqual(["high", "low"]);
  await images.remove(image.id);
  expect((await readdir(target)).toSorted()).toEqual(["high", "low"]);
  const held = (await images.account()).lines.find(({ kind }) => kind === "leftovers");
  expect(held?.inodes).toBeGreaterThan(0);
});

privileged("what was held for a mount goes when it is released (needs root)", async () => {
  const { image, open } = await pulled();
  const { images } = await open();
  await images.view(image, { holder: "mount /nowhere" });
  await images.remove(image.id);
  const layers = async () =>
    (await images.account()).lines.filter(({ kind }) => kind === "layers" || kind === "leftovers");
  expect((await layers()).some(({ inodes }) => inodes > 0)).toBe(true);
  await images.release("mount /nowhere");
  expect((await layers()).every(({ inodes }) => inodes === 0)).toBe(true);
});

describe("after the machine went down while the store was open", () => {
  /** What the index says then: it was opened in a boot that is over. */
  async function pretendReboot(root: string): Promise<void> {
    const database = new DatabaseSync(join(root, "stowage.db"));
    database.exec("INSERT OR REPLACE INTO marks VALUES ('open-in-boot', 'an earlier one')");
    database.close();
  }

  test("what is missing is noticed before the first answer, and what is other bytes by the scrub", async () => {
    const { root, image, open } = await pulled();
    await pretendReboot(root);
    await rm(layerPath(root, image, 1), { recursive: true });
    const store = await open();
    expect(store.isSuspect).toBe(true);
    expect(await store.images.list()).toEqual([]);
    await store.scrub({ bytesPerSecond: 2 ** 30 });
    expect(store.isSuspect).toBe(false);
    await store[Symbol.asyncDispose]();
    expect((await open()).isSuspect).toBe(false);
  });

  test("it stays suspect until the scrub has ended", async () => {
    const { root, image, open } = await pulled();
    await pretendReboot(root);
    const store = await open();
    expect((await store.images.list()).map(({ id }) => id)).toEqual([image.id]);
    await expect(store.scrub({ bytesPerSecond: 1000, signal: AbortSignal.timeout(50) })).rejects.toThrow();
    await store[Symbol.asyncDispose]();
    expect((await open()).isSuspect).toBe(true);
  });
});

test("df knows what everything is, and names what is nobody's", async () => {
  const { root, open } = await pulled();
  const { images } = await open();
  expect((await images.account()).unaccounted).toEqual({ bytes: 0, inodes: 0, paths: [] });
  await writeFile(join(root, "content", "blobs", "note"), "?");
  await mkdir(join(root, "storage", "overlay", "junk"));
  await writeFile(join(root, "storage", "overlay", "junk", "file"), "?");
  const { total, lines, unaccounted } = await images.account();
  expect(unaccounted).toMatchObject({ inodes: 3 });
  expect([...unaccounted.paths].toSorted()).toEqual([
    "content/blobs/note",
    "storage/overlay/junk",
    "storage/overlay/junk/file",
  ]);
  const sum = [...lines, unaccounted].reduce((bytes, line) => bytes + line.bytes, 0);
  expect(sum).toBe(total.bytes);
  expect(total.bytes).toBe(Number(execFileSync("du", ["-s", "-B1", root], { encoding: "utf8" }).split("\t")[0]));
  expect(total.inodes).toBe(Number(execFileSync("du", ["-s", "--inodes", root], { encoding: "utf8" }).split("\t")[0]));
});
