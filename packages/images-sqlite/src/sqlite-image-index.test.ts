import { execFileSync } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { blobResource, type ImageRecord } from "@stowage/images";
import { describeImageIndex } from "@stowage/images/conformance";
import { digestOf } from "@stowage/oci";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type ImageIndexOptions, openImageIndex, type SqliteImageIndex } from "./index.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "stowage-images-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const fresh = async () => join(await mkdtemp(join(scratch, "index-")), "stowage.db");

const boot = "this boot";

function openIn(path: string, options: Partial<ImageIndexOptions> = {}): SqliteImageIndex {
  const index = openImageIndex(path, { boot, ...options });
  onTestFinished(() => index[Symbol.asyncDispose]());
  return index;
}

describeImageIndex("SqliteImageIndex", async () => openIn(await fresh()));
describeImageIndex("a relaxed SqliteImageIndex", async () => openIn(await fresh(), { durability: "relaxed" }));

function record(name: string): ImageRecord {
  const blob = { mediaType: "application/octet-stream", digest: digestOf(name), size: 1 };
  const platform = { os: "linux", architecture: "arm", variant: "v7" };
  return { id: blob.digest, manifest: blob, config: blob, layers: [], platform, user: "", annotations: {} };
}

test("knows after a restart all that it knew before", async () => {
  const path = await fresh();
  const before = openIn(path);
  await before.publish(record("two"), ["docker.io/library/two:1"]);
  await before.publish(record("one"), ["docker.io/library/one:1", `docker.io/library/one@${digestOf("one")}`]);
  await before.publish(record("gone"), ["docker.io/library/gone:1"]);
  await before.remove(record("gone").id);
  await before.takeLease({ holder: "mount /mnt", resources: [blobResource(digestOf("one"))], boot, endsAt: 3 });
  await before.reportDamage([{ resource: blobResource(digestOf("two")), why: "is missing" }]);
  const known = await before.list();
  const leases = await before.listLeases();
  await before[Symbol.asyncDispose]();
  const after = openIn(path);
  expect(await after.list()).toEqual(known);
  expect(known[0]?.damage).toHaveLength(1);
  expect(await after.listLeases()).toEqual(leases);
  expect(await after.findByName("docker.io/library/one:1")).toEqual(known[1]);
  expect(await after.findByName("docker.io/library/gone:1")).toBeUndefined();
});

test("a removed image does not come back, though its blobs were forgotten at the same time", async () => {
  const path = await fresh();
  const index = openIn(path);
  const blob = { mediaType: "application/octet-stream", digest: digestOf("a layer"), size: 1 };
  const layers = [{ blob, kept: true, diffId: digestOf("a tar"), bytes: 1, inodes: 1 }];
  const { image } = await index.publish({ ...record("one"), layers }, ["docker.io/library/one:1"]);
  await Promise.all([index.remove(image.id), index.forgetBlobs([blob.digest])]);
  await index[Symbol.asyncDispose]();
  const after = openIn(path);
  expect(await after.list()).toEqual([]);
  expect(await after.listUnreadable()).toEqual([]);
});

test("knows after a kill what it said was published", async () => {
  const path = await fresh();
  const killed = openIn(path);
  await killed.publish(record("one"), ["docker.io/library/one:1"]);
  for (const suffix of ["", "-wal"]) await copyFile(`${path}${suffix}`, `${path}.copy${suffix}`);
  expect(await openIn(`${path}.copy`).list()).toEqual(await killed.list());
});

test("a pin outlives the process", async () => {
  const path = await fresh();
  const index = openIn(path);
  await index.pin(["docker.io/library/one:1"]);
  await index[Symbol.asyncDispose]();
  const again = openIn(path);
  expect(await again.listPins()).toEqual(["docker.io/library/one:1"]);
  const { image } = await again.publish(record("one"), ["docker.io/library/one:1"]);
  expect(image.pins).toEqual(["docker.io/library/one:1"]);
});

test("leaves one damaged image out, names it, and lists the others", async () => {
  const path = await fresh();
  const index = openIn(path);
  await index.publish(record("one"), ["docker.io/library/one:1"]);
  await index.publish(record("two"), ["docker.io/library/two:1"]);
  await index[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.prepare('UPDATE images SET record = \'{"id":"sha256:no"}\' WHERE id = ?').run(record("one").id);
  database.close();
  const again = openIn(path);
  expect((await again.list()).map(({ id }) => id)).toEqual([record("two").id]);
  expect(await again.listUnreadable()).toEqual([record("one").id]);
  expect(await again.findByName("docker.io/library/one:1")).toBeUndefined();
  expect(await again.publish(record("one"), [])).toMatchObject({
    image: { tags: ["docker.io/library/one:1"] },
    isNew: true,
  });
  expect(await again.listUnreadable()).toEqual([]);
});

test("brings a file of version 1 forward, with all that is in it", async () => {
  const path = await fresh();
  const old = openIn(path);
  const { image } = await old.publish(record("one"), ["docker.io/library/one:1"]);
  await old[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.exec(
    "DROP TABLE leases; DROP TABLE damage; DROP TABLE marks; DROP TABLE pins; DROP TABLE containers; ALTER TABLE images DROP COLUMN previous_name; PRAGMA user_version = 1",
  );
  database.close();
  const index = openIn(path);
  expect(await index.list()).toEqual([image]);
  await index.takeLease({ holder: "mount /mnt", resources: [], boot });
});

describe("after the machine went down while the store was open", () => {
  const leftOpen = async (): Promise<string> => {
    const path = await fresh();
    await openIn(path).publish(record("one"), ["docker.io/library/one:1"]);
    for (const suffix of ["", "-wal"]) await copyFile(`${path}${suffix}`, `${path}.copy${suffix}`);
    return `${path}.copy`;
  };

  test("it is suspect until somebody has looked", async () => {
    const path = await leftOpen();
    for (const write of [false, true]) {
      const index = openIn(path, { boot: "another boot" });
      expect(index.isSuspect).toBe(true);
      if (write) await index.publish(record("two"), []);
      await index[Symbol.asyncDispose]();
    }
    const looked = openIn(path, { boot: "a third boot" });
    expect(looked.isSuspect).toBe(true);
    looked.noteChecked();
    expect(looked.isSuspect).toBe(false);
    await looked[Symbol.asyncDispose]();
    expect(openIn(path, { boot: "a fourth boot" }).isSuspect).toBe(false);
  });

  test("it is where it was closed, but the disk was not waited for", async () => {
    const path = await fresh();
    const closed = openIn(path, { durability: "relaxed" });
    await closed.publish(record("one"), []);
    await closed[Symbol.asyncDispose]();
    const again = openIn(path, { durability: "relaxed" });
    expect(again.isSuspect).toBe(false);
    await again[Symbol.asyncDispose]();
    expect(openIn(path, { boot: "another boot", durability: "relaxed" }).isSuspect).toBe(true);
  });

  test("it is not where only the process was killed, or where nothing was written", async () => {
    expect(openIn(await leftOpen()).isSuspect).toBe(false);
    const path = await fresh();
    await openIn(path).list();
    expect(openIn(await fresh(), { boot: "another boot" }).isSuspect).toBe(false);
  });
});

test("forgets an image on a full disk, for which it has kept room", async () => {
  const directory = await mkdtemp(join(scratch, "small-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", directory]);
  onTestFinished(() => void execFileSync("umount", ["-l", directory]));
  const index = openImageIndex(join(directory, "stowage.db"), { boot });
  await index.publish(record("one"), ["docker.io/library/one:1"]);
  await writeFile(join(directory, "other"), new Uint8Array(4 * 1024 * 1024)).catch(() => undefined);
  expect((await index.remove(record("one").id))?.id).toBe(record("one").id);
  const big = { ...record("two"), annotations: { note: "x".repeat(1024 * 1024) } };
  await expect(index.publish(big, [])).rejects.toMatchObject({ code: "resource-exhausted" });
  expect(await index.list()).toEqual([]);
  await rm(join(directory, "other"));
  await index.publish(big, []);
  await index[Symbol.asyncDispose]();
  expect(await openIn(join(directory, "stowage.db")).list()).toHaveLength(1);
});

test("opens where no inode is left, and forgets an image", async () => {
  const directory = await mkdtemp(join(scratch, "small-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "nr_inodes=5", "tmpfs", directory]);
  onTestFinished(() => void execFileSync("umount", ["-l", directory]));
  const path = join(directory, "stowage.db");
  {
    await using index = openImageIndex(path, { boot });
    await index.publish(record("one"), []);
  }
  for (const name of ["two", "more"]) await writeFile(join(directory, name), "");
  await expect(writeFile(join(directory, "another"), "")).rejects.toMatchObject({ code: "ENOSPC" });
  await using index = openImageIndex(path, { boot });
  await expect(writeFile(join(directory, "another"), "")).rejects.toMatchObject({ code: "ENOSPC" });
  expect((await index.remove(record("one").id))?.id).toBe(record("one").id);
});

test("refuses a file that is no database", async () => {
  const path = await fresh();
  await writeFile(path, "this was a database once, and then somebody wrote a letter into it");
  expect(() => openImageIndex(path, { boot })).toThrow(expect.objectContaining({ code: "data-loss" }));
});

test("refuses a file of a newer version and says so", async () => {
  const path = await fresh();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => openImageIndex(path, { boot })).toThrow(
    expect.objectContaining({ code: "failed-precondition", message: expect.stringContaining("version 99") }),
  );
});
