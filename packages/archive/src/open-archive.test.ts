import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import { decodeDocument, digestOf, parseDigest } from "@stowage/oci";
import type { TarFile } from "@stowage/tar";
import { expect, test } from "vitest";
import {
  bytesOf,
  configOf,
  exported,
  file,
  oldDockerFiles,
  pieces,
  rootOf,
  sourceOf,
  tar,
  temporary,
} from "./archives.test.fixture.ts";
import { encodeArchive, type OpenProgress, openArchive, writeLayout } from "./index.ts";

const image = smallImage();
const name = "docker.io/library/small:1";
const layers = [
  { files: [{ kind: "file" as const, name: "a" }], compression: "none" as const },
  { files: [{ kind: "file" as const, name: "b" }] },
  { files: [{ kind: "file" as const, name: "b" }], compression: "zstd" as const },
  { files: [{ kind: "file" as const, name: "a" }], compression: "none" as const },
];
const plain = makeImage({ platforms: [{ platform: "linux/amd64", layers }] });

async function encoded(form: "oci-archive" | "docker-archive"): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(encodeArchive([exported(image, name)], sourceOf(image), { form })));
}

test.for([
  { what: "an OCI archive", form: "oci-archive" as const },
  { what: "an archive that docker loads, by its layout", form: "docker-archive" as const },
])("reads $what from a file, a stream, and compressed", async ({ form }) => {
  const bytes = await encoded(form);
  const scratch = temporary();
  const path = join(temporary(), "archive.tar");
  for (const some of [bytes, gzipSync(bytes), zstdCompressSync(bytes)]) {
    writeFileSync(path, some);
    for (const source of [path, pieces(some)]) {
      await using archive = await openArchive(source, { scratch });
      expect(archive).toMatchObject({ form, hasManifests: true });
      expect(archive.images).toMatchObject([{ names: [name], root: rootOf(image) }]);
      for (const blob of image.blobs) expect(await bytesOf(archive, digestOf(blob))).toEqual(Buffer.from(blob));
      expect(readdirSync(scratch)).toEqual([]);
    }
  }
});

test("reads a layout directory, and a blob from an offset on", async () => {
  const directory = temporary();
  await writeLayout(directory, { images: [exported(image, name)], source: sourceOf(image) });
  await using archive = await openArchive(directory);
  expect(archive.form).toBe("oci-layout");
  expect(archive.images).toMatchObject([{ names: [name], root: rootOf(image) }]);
  const bytes = Buffer.from(image.root.bytes);
  for (const from of [0, 1, bytes.byteLength - 1, bytes.byteLength, bytes.byteLength + 1])
    expect(await bytesOf(archive, image.digest, from)).toEqual(bytes.subarray(from));
});

test("makes an OCI manifest of what docker wrote, the same one each time", async () => {
  const bytes = tar(oldDockerFiles(plain));
  await using archive = await openArchive(pieces(bytes));
  await using again = await openArchive(pieces(bytes));
  expect(archive).toMatchObject({ form: "docker-archive", hasManifests: false });
  expect(again.images).toEqual(archive.images);
  const [only] = archive.images;
  expect(only?.names).toEqual(["old:1"]);
  const manifest = await bytesOf(archive, only?.root.digest ?? plain.digest);
  expect(digestOf(manifest)).toBe(only?.root.digest);
  const [platform] = plain.platforms;
  expect(decodeDocument(manifest)).toMatchObject({
    config: { digest: platform?.id },
    layers: platform?.layers.map(({ descriptor }) => descriptor),
  });
  for (const blob of plain.blobs) expect(await bytesOf(archive, digestOf(blob))).toEqual(Buffer.from(blob));
});

test("tells how far it is with what takes long", async () => {
  const bytes = tar(oldDockerFiles(plain));
  const progress: OpenProgress[] = [];
  await using archive = await openArchive(pieces(bytes), { onProgress: (event) => void progress.push(event) });
  expect(archive.images).toHaveLength(1);
  expect(progress.findLast(({ kind }) => kind === "spooling")).toEqual({ kind: "spooling", bytes: bytes.byteLength });
  const hashed = progress.filter((event) => event.kind === "hashing" && event.bytes === event.size);
  expect(hashed).toHaveLength(layers.length);
});

test("reads names with a dot in front, and long ones", async () => {
  const [platform] = plain.platforms;
  if (platform === undefined) throw new Error("an image has a platform");
  const long = `${"d".repeat(120)}/${"f".repeat(120)}.tar`;
  const [bottom] = platform.layers;
  const image = makeImage({ platforms: [{ platform: "linux/amd64", layers: layers.slice(0, 1) }] });
  const [made] = image.platforms;
  if (bottom === undefined || made === undefined) throw new Error("an image has a layer");
  const list = [{ Config: "./c.json", RepoTags: null, Layers: [long] }];
  const files: readonly TarFile[] = [
    file("./manifest.json", list),
    file(`./${long}`, bottom.bytes),
    file("./c.json", configOf(image, made)),
  ];
  await using archive = await openArchive(pieces(tar(files)));
  expect(archive.images).toMatchObject([{ names: [] }]);
  expect(await bytesOf(archive, bottom.descriptor.digest)).toEqual(Buffer.from(bottom.bytes));
});

test("prefers containerd's name of an image to its tag, unless that was changed, and gathers several of one image", async () => {
  const root = rootOf(image);
  const index = {
    schemaVersion: 2,
    manifests: [
      { ...root, annotations: { "org.opencontainers.image.ref.name": "1" } },
      { ...root, annotations: { "org.opencontainers.image.ref.name": "1", "io.containerd.image.name": name } },
      { ...root, annotations: { "org.opencontainers.image.ref.name": "2", "io.containerd.image.name": name } },
      { ...root, mediaType: "application/xml" },
    ],
  };
  const blob = file(`blobs/sha256/${image.digest.slice(7)}`, image.root.bytes);
  const bytes = tar([file("oci-layout", { imageLayoutVersion: "1.0.0" }), file("index.json", index), blob]);
  await using archive = await openArchive(pieces(bytes));
  expect(archive.images).toMatchObject([{ names: ["1", name, "2"], root }]);
});

test("says of a blob that the archive lacks that it is not found", async () => {
  await using archive = await openArchive(pieces(await encoded("oci-archive")));
  const missing = parseDigest(`sha256:${"0".repeat(64)}`);
  await expect(bytesOf(archive, missing)).rejects.toMatchObject({ code: "not-found" });
});

test.for<{ what: string; make: (path: string) => void; code: string }>([
  { what: "nothing", make: () => undefined, code: "not-found" },
  { what: "an empty file", make: (path) => writeFileSync(path, ""), code: "invalid-argument" },
  { what: "a text", make: (path) => writeFileSync(path, "hello\n".repeat(1000)), code: "invalid-argument" },
  { what: "a compressed text", make: (path) => writeFileSync(path, gzipSync("hello")), code: "invalid-argument" },
  { what: "an empty directory", make: (path) => mkdirSync(path), code: "invalid-argument" },
  {
    what: "a tar of other files",
    make: (path) => writeFileSync(path, tar([file("a", "b")])),
    code: "invalid-argument",
  },
  { what: "an empty tar", make: (path) => writeFileSync(path, tar([])), code: "invalid-argument" },
  {
    what: "an archive of a docker before 1.10",
    make: (path) => writeFileSync(path, tar([file("repositories", {})])),
    code: "invalid-argument",
  },
  {
    what: "half a gzip",
    make: (path) => writeFileSync(path, gzipSync(tar([file("a", "b")])).subarray(0, 60)),
    code: "failed-precondition",
  },
])("says of $what what it is, and leaves nothing behind", async ({ make, code }) => {
  const [scratch, directory] = [temporary(), temporary()];
  make(join(directory, "source"));
  await expect(openArchive(join(directory, "source"), { scratch })).rejects.toMatchObject({ code });
  expect(readdirSync(scratch)).toEqual([]);
});

test("stops with the reason of the signal", async () => {
  const path = join(temporary(), "archive.tar");
  writeFileSync(path, await encoded("oci-archive"));
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(openArchive(path, { signal })).rejects.toBe(signal.reason);
  await expect(openArchive(pieces(await readFile(path)), { signal })).rejects.toBe(signal.reason);
});

test.for([
  { what: "that sent nothing", compress: (bytes: Buffer) => bytes.subarray(0, 0) },
  { what: "of a tar that stalls", compress: (bytes: Buffer) => bytes.subarray(0, 5000) },
  { what: "of gzip that stalls", compress: (bytes: Buffer) => gzipSync(bytes).subarray(0, 700) },
])("stops waiting for a stream $what", async ({ compress }) => {
  const [scratch, stop, stalled] = [temporary(), new AbortController(), Promise.withResolvers<void>()];
  const sent = compress(await encoded("oci-archive"));
  const stalling = async function* () {
    if (sent.byteLength > 0) yield sent;
    setImmediate(() => stop.abort(new Error("enough")));
    await stalled.promise;
  };
  await expect(openArchive(stalling(), { scratch, signal: stop.signal })).rejects.toThrow("enough");
  expect(readdirSync(scratch)).toEqual([]);
  stalled.resolve();
});

test("ends a stream that fails with what it fails with", async () => {
  const failing = async function* () {
    yield (await encoded("oci-archive")).subarray(0, 2000);
    throw new Error("the pipe broke");
  };
  await expect(openArchive(failing())).rejects.toThrow("the pipe broke");
});

test("follows no symlink in a layout directory", async () => {
  const [directory, secret] = [temporary(), join(temporary(), "secret")];
  await writeLayout(directory, { images: [exported(image, name)], source: sourceOf(image) });
  writeFileSync(secret, "secret");
  const missing = parseDigest(`sha256:${"0".repeat(64)}`);
  symlinkSync(secret, join(directory, "blobs/sha256", "0".repeat(64)));
  await using archive = await openArchive(directory);
  await expect(bytesOf(archive, missing)).rejects.toMatchObject({ code: "failed-precondition" });
});
