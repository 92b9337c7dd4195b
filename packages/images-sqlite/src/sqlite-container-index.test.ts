import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ContainerRecord } from "@stowage/container-state";
import { describeContainerIndex } from "@stowage/container-state/conformance";
import { digestOf } from "@stowage/oci";
import { expect, onTestFinished, test } from "vitest";
import { openImageIndex, type SqliteImageIndex } from "./index.ts";

async function fresh(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-container-index-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "stowage.db");
}

function openIn(path: string): SqliteImageIndex {
  const index = openImageIndex(path, { boot: "this boot" });
  onTestFinished(() => index[Symbol.asyncDispose]());
  return index;
}

describeContainerIndex("SqliteContainerIndex", async () => openIn(await fresh()).containers);

function container(id: string): ContainerRecord {
  const imageId = digestOf("an image");
  return { id, names: [`k8s_${id}`], imageId, metadata: "{}", volatile: true, boot: "this boot", createdAt: 1 };
}

test("knows after a restart all that it knew before", async () => {
  const path = await fresh();
  const before = openIn(path);
  const range = { inside: 0, outside: 100_000, length: 65_536 };
  await before.containers.add({ ...container("web"), idMap: { uids: [range], gids: [range] }, snapshotter: "native" });
  for (const id of ["db", "gone"]) await before.containers.add(container(id));
  await before.containers.setMetadata("db", '{"pod-name":"b"}');
  await before.containers.remove("gone");
  const known = await before.containers.list();
  await before[Symbol.asyncDispose]();
  expect(await openIn(path).containers.list()).toEqual(known);
  expect(known).toHaveLength(2);
});

test("knows after a kill what it said was added", async () => {
  const path = await fresh();
  const killed = openIn(path).containers;
  await killed.add(container("web"));
  for (const suffix of ["", "-wal"]) await copyFile(`${path}${suffix}`, `${path}.copy${suffix}`);
  expect(await openIn(`${path}.copy`).containers.list()).toEqual([container("web")]);
});

test.for([
  { what: "no JSON", damaged: "web" },
  { what: "no object", damaged: "null" },
  { what: "not whole", damaged: '{"id":"web"}' },
  { what: "that of another one", damaged: JSON.stringify(container("other")) },
])("leaves one out whose record is $what, names it, keeps its id taken, and lists the others", async ({ damaged }) => {
  const path = await fresh();
  const before = openIn(path);
  for (const id of ["web", "db"]) await before.containers.add(container(id));
  await before[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  database.prepare("UPDATE containers SET record = ? WHERE id = 'web'").run(damaged);
  database.close();
  const { containers } = openIn(path);
  expect(await containers.list()).toEqual([container("db")]);
  expect(await containers.listUnreadable()).toEqual(["web"]);
  await expect(containers.add(container("web"))).rejects.toMatchObject({ code: "already-exists" });
  await containers.remove("web");
  await containers.add(container("web"));
  expect(await containers.list()).toHaveLength(2);
});
