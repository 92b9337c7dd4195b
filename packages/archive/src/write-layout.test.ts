import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { encodedOf } from "@stowage/oci";
import { expect, test } from "vitest";
import { bytesOf, exported, pieces, rootOf, sourceOf, temporary } from "./archives.test.fixture.ts";
import { openArchive, writeLayout } from "./index.ts";

const [one, two] = [
  smallImage(),
  makeImage({ platforms: [{ platform: "linux/amd64", layers: [{ files: [{ kind: "file", name: "a" }] }] }] }),
];
const source = sourceOf(one, two);

async function namesIn(directory: string): Promise<object> {
  await using archive = await openArchive(directory);
  return Object.fromEntries(archive.images.map(({ names, root }) => [root.digest, names]));
}

test("adds to a layout what it lacks, and leaves blobs alone that are there", async () => {
  const directory = temporary();
  await writeLayout(directory, { images: [exported(one, "a:1")], source });
  const blob = join(directory, "blobs/sha256", encodedOf(one.digest));
  const before = statSync(blob).ino;
  await writeLayout(directory, { images: [exported(one, "a:1"), exported(two, "b:1")], source });
  expect(statSync(blob).ino).toBe(before);
  expect(await namesIn(directory)).toEqual({ [one.digest]: ["a:1"], [two.digest]: ["b:1"] });
});

test("moves a name to the new image", async () => {
  const directory = temporary();
  await writeLayout(directory, { images: [exported(one, "a:1", "a:2")], source });
  await writeLayout(directory, { images: [exported(two, "a:1")], source });
  expect(await namesIn(directory)).toEqual({ [one.digest]: ["a:2"], [two.digest]: ["a:1"] });
});

test("keeps what others wrote into the index, as they wrote it", async () => {
  const directory = temporary();
  await writeLayout(directory, { images: [exported(one)], source });
  const platform = { os: "windows", architecture: "amd64", "os.version": "10.0.1" };
  const theirs = {
    ...rootOf(one),
    platform,
    annotations: { "org.opencontainers.image.ref.name": "theirs" },
    data: "e30=",
  };
  const annotations = { "com.example.kept": "yes" };
  const index = { schemaVersion: 2, manifests: [theirs], annotations };
  writeFileSync(join(directory, "index.json"), JSON.stringify(index));
  await writeLayout(directory, { images: [exported(two, "b:1")], source });
  const read: unknown = JSON.parse(readFileSync(join(directory, "index.json"), "utf8"));
  expect(read).toMatchObject({ manifests: [theirs, { digest: two.digest }], annotations });
});

test("writes again a blob that is of another size, and leaves nothing unfinished when one fails", async () => {
  const directory = temporary();
  await writeLayout(directory, { images: [exported(two)], source });
  const blob = join(directory, "blobs/sha256", encodedOf(two.digest));
  writeFileSync(blob, "short");
  const failing = { read: () => pieces(Buffer.from("other")) };
  const images = [exported(two)];
  await expect(writeLayout(directory, { images, source: failing })).rejects.toMatchObject({
    code: "failed-precondition",
  });
  expect(readdirSync(join(directory, "blobs/sha256"))).toHaveLength(3);
  await writeLayout(directory, { images, source });
  await using archive = await openArchive(directory);
  expect(await bytesOf(archive, two.digest)).toEqual(Buffer.from(two.root.bytes));
});

test("refuses a directory with something else in it", async () => {
  const directory = temporary();
  writeFileSync(join(directory, "letters"), "");
  const writing = writeLayout(directory, { images: [exported(two)], source });
  await expect(writing).rejects.toMatchObject({ code: "failed-precondition" });
  rmSync(join(directory, "letters"));
  await writeLayout(directory, { images: [exported(two)], source });
});

test("stops with the reason of the signal and names nothing in the index", async () => {
  const directory = temporary();
  const stop = new AbortController();
  const options = { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) };
  await expect(writeLayout(directory, { images: [exported(one)], source }, options)).rejects.toThrow("enough");
  expect(readdirSync(directory)).toEqual(["blobs"]);
});
