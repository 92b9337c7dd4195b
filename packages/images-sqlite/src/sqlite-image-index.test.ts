import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ImageRecord } from "@stowage/images";
import { describeImageIndex } from "@stowage/images/conformance";
import { digestOf } from "@stowage/oci";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openImageIndex } from "./index.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "stowage-images-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const fresh = async () => join(await mkdtemp(join(scratch, "index-")), "stowage.db");

describeImageIndex("SqliteImageIndex", async () => openImageIndex(await fresh()));

function record(name: string): ImageRecord {
  const blob = { mediaType: "application/octet-stream", digest: digestOf(name), size: 1 };
  const platform = { os: "linux", architecture: "arm", variant: "v7" };
  return { id: blob.digest, manifest: blob, config: blob, layers: [], platform, user: "", annotations: {} };
}

test("knows after a restart all that it knew before", async () => {
  const path = await fresh();
  const before = openImageIndex(path);
  await before.publish(record("two"), ["docker.io/library/two:1"]);
  await before.publish(record("one"), ["docker.io/library/one:1", `docker.io/library/one@${digestOf("one")}`]);
  await before.publish(record("gone"), ["docker.io/library/gone:1"]);
  await before.remove(record("gone").id);
  const known = await before.list();
  before[Symbol.dispose]();
  using after = openImageIndex(path);
  expect(await after.list()).toEqual(known);
  expect(await after.findByName("docker.io/library/one:1")).toEqual(known[1]);
  expect(await after.findByName("docker.io/library/gone:1")).toBeUndefined();
});

test("knows after a kill what it said was published", async () => {
  const path = await fresh();
  const killed = openImageIndex(path);
  await killed.publish(record("one"), ["docker.io/library/one:1"]);
  using other = openImageIndex(path);
  expect(await other.list()).toEqual(await killed.list());
  killed[Symbol.dispose]();
});

test("leaves one damaged image out and lists the others", async () => {
  const path = await fresh();
  const index = openImageIndex(path);
  await index.publish(record("one"), ["docker.io/library/one:1"]);
  await index.publish(record("two"), ["docker.io/library/two:1"]);
  index[Symbol.dispose]();
  const database = new DatabaseSync(path);
  database.prepare('UPDATE images SET record = \'{"id":"sha256:no"}\' WHERE id = ?').run(record("one").id);
  database.close();
  using again = openImageIndex(path);
  expect((await again.list()).map(({ id }) => id)).toEqual([record("two").id]);
  expect(await again.findByName("docker.io/library/one:1")).toBeUndefined();
  expect(await again.publish(record("one"), [])).toMatchObject({ tags: ["docker.io/library/one:1"] });
});

test("refuses a file that is no database", async () => {
  const path = await fresh();
  await writeFile(path, "this was a database once, and then somebody wrote a letter into it");
  expect(() => openImageIndex(path)).toThrow(expect.objectContaining({ code: "data-loss" }));
});

test("refuses a file of a newer version and says so", async () => {
  const path = await fresh();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => openImageIndex(path)).toThrow(
    expect.objectContaining({ code: "failed-precondition", message: expect.stringContaining("version 99") }),
  );
});
