import { makeImage } from "@stowage/image-fixtures";
import { digestOf, mediaTypes } from "@stowage/oci";
import { decodeTar, TarReader } from "@stowage/tar";
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  maxSafeNat,
  property,
  record,
  string,
  uint8Array,
  uniqueArray,
} from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, exported, pieces, rootOf, sourceOf } from "./archives.test.fixture.ts";
import { type ExportProgress, encodeArchive, openArchive } from "./index.ts";
import { fileHeader } from "./tar-blocks.ts";

const layers = array(uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 3 });

const images = array(
  record({
    layers,
    platforms: constantFrom(["linux/amd64"], ["linux/amd64", "linux/arm64"]),
    compression: constantFrom("none" as const, "gzip" as const),
  }).map(({ layers, platforms, compression }) =>
    makeImage({
      platforms: platforms.map((platform) => ({
        platform,
        layers: layers.map((content) => ({ files: [{ kind: "file" as const, name: platform, content }], compression })),
      })),
    }),
  ),
  { maxLength: 3 },
);

const names = uniqueArray(
  string({ minLength: 1, maxLength: 8 }).map((text) => `${text}:1`),
  { maxLength: 2 },
);

test("reads back what it writes: names, digests and bytes", async () => {
  await assert(
    asyncProperty(
      images,
      names,
      constantFrom("oci-archive" as const, "docker-archive" as const),
      async (made, names, form) => {
        const source = sourceOf(...made);
        const unlike = [...new Map(made.map((image) => [image.digest, image])).values()];
        const written = unlike.map((image, at) => exported(image, ...names.map((name) => `${at}/${name}`)));
        const blocks = await Array.fromAsync(encodeArchive(written, source, { form }));
        await using archive = await openArchive(pieces(Buffer.concat(blocks), 4000));
        expect(archive.form).toBe(form);
        expect(archive.images.map(({ names }) => names)).toEqual(written.map(({ names }) => names));
        expect(archive.images.map(({ root }) => root)).toMatchObject(unlike.map(rootOf));
        for (const { blobs, documents } of made)
          for (const bytes of [...blobs, ...documents.map(({ bytes }) => bytes)])
            expect(await bytesOf(archive, digestOf(bytes))).toEqual(Buffer.from(bytes));
      },
    ),
    { numRuns: 40 },
  );
});

const layer = { files: [{ kind: "file" as const, name: "a" }] };
const image = makeImage({ platforms: [{ platform: "linux/amd64", layers: [layer, layer] }] });

test("gives the same bytes each time, with every blob once and nothing of this machine", async () => {
  const encode = async () => {
    const two = [exported(image, "a:1"), exported(image, "b:1")];
    return Buffer.concat(await Array.fromAsync(encodeArchive(two, sourceOf(image), { form: "docker-archive" })));
  };
  const bytes = await encode();
  expect(await encode()).toEqual(bytes);
  const members = decodeTar(bytes);
  const paths = members.map(({ name }) => name);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).toHaveLength(3 + 2 + 3);
  for (const member of members) expect(member).toMatchObject({ uid: 0, gid: 0, mtime: 0n });
});

test("keeps a name with a digest in the layout, and from docker, which takes none", async () => {
  const digestName = `example.com/a@${image.digest}`;
  const encoding = encodeArchive([exported(image, digestName, "a:1")], sourceOf(image), { form: "docker-archive" });
  const bytes = Buffer.concat(await Array.fromAsync(encoding));
  await using archive = await openArchive(pieces(bytes));
  expect(archive.images).toMatchObject([{ names: [digestName, "a:1"] }]);
  const list = decodeTar(bytes).find(({ name }) => name === "manifest.json");
  expect(JSON.parse(Buffer.from(list?.content ?? []).toString())).toMatchObject([{ RepoTags: ["a:1"] }]);
});

test("tells how far each blob is", async () => {
  const progress: ExportProgress[] = [];
  const onProgress = (event: ExportProgress): void => void progress.push(event);
  await Array.fromAsync(encodeArchive([exported(image)], sourceOf(image), { form: "oci-archive", onProgress }));
  const last = new Map(progress.map((event) => [event.digest, event]));
  expect(last.get(image.digest)).toEqual({
    digest: image.digest,
    bytes: image.root.bytes.byteLength,
    size: image.root.bytes.byteLength,
  });
  expect(last.size).toBe(3);
});

test.for([
  { what: "shorter", change: -1 },
  { what: "longer", change: 1 },
])("refuses a blob that is $what than its descriptor says", async ({ change }) => {
  const source = { read: () => pieces(new Uint8Array(10 + change)) };
  const root = { mediaType: mediaTypes.ociIndex, digest: image.digest, size: 10 };
  const encoding = Array.fromAsync(
    encodeArchive([{ names: [], root, manifests: [] }], source, { form: "oci-archive" }),
  );
  await expect(encoding).rejects.toMatchObject({ code: "failed-precondition" });
});

test("stops with the reason of the signal", async () => {
  const stop = new AbortController();
  const onProgress = (): void => stop.abort(new Error("enough"));
  const options = { form: "oci-archive", signal: stop.signal, onProgress } as const;
  await expect(Array.fromAsync(encodeArchive([exported(image)], sourceOf(image), options))).rejects.toThrow("enough");
});

test("writes headers for files of every size and for long names", () => {
  assert(
    property(maxSafeNat(), constantFrom("blobs/sha256/a", `blobs/sha512/${"a".repeat(128)}`), (size, name) => {
      const read: unknown[] = [];
      const nothing = (): void => undefined;
      const reader = new TarReader({
        entry: (entry) => read.push(entry),
        data: nothing,
        hole: nothing,
        endEntry: nothing,
      });
      reader.push(fileHeader(name, size));
      expect(read).toMatchObject([{ kind: "file", name, size }]);
    }),
  );
});
