import { digestOf } from "@stowage/oci";
import { array, assert, constantFrom, nat, option, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import {
  bigDataName,
  bigDataOf,
  decodeStoredLayers,
  decodeUsedLayers,
  encodeLastWrite,
  encodeStoredImage,
  encodeStoredLayer,
  joinRecords,
  type StoredLayer,
} from "./index.ts";

const hex = nat().map((seed) => digestOf(Buffer.from(`${seed}`)).slice("sha256:".length));
const digest = nat().map((seed) => digestOf(Buffer.from(`${seed}`)));
const layers = array(
  record({
    id: hex,
    parent: option(hex, { nil: undefined }),
    diffId: digest,
    tarSize: nat(),
    blob: option(record({ digest, size: nat(), compression: constantFrom("none", "gzip", "zstd") }), {
      nil: undefined,
    }),
    created: nat(),
  }),
);

test("reads back the layers that it writes", () => {
  assert(
    property(layers, (all: readonly StoredLayer[]) => {
      expect(decodeStoredLayers(joinRecords(all.map(encodeStoredLayer)))).toEqual(all);
    }),
  );
});

test("finds the parents in the layers that it writes", () => {
  assert(
    property(layers, (all: readonly StoredLayer[]) => {
      expect(decodeUsedLayers(joinRecords(all.map(encodeStoredLayer)))).toEqual(
        new Set(all.flatMap(({ parent }) => parent ?? [])),
      );
    }),
  );
});

test("reads any text as some layers or none, and as no parents rather than as wrong ones", () => {
  assert(
    property(string(), (text) => {
      expect(decodeStoredLayers(text)).toBeInstanceOf(Array);
      expect([undefined, new Set()]).toContainEqual(decodeUsedLayers(text));
    }),
  );
});

test.for([
  { text: "null", parents: new Set() }, // as Go writes no layers
  { text: "[]", parents: new Set() },
  { text: '[{"id":"a","parent":"b","unknown":1},{"id":"b"}]', parents: new Set(["b"]) },
  { text: '[{"id":"i","layer":"c","mapped-layers":["d"]}]', parents: new Set(["c", "d"]) },
  { text: "", parents: undefined },
  { text: "[{", parents: undefined },
  { text: '[{"parent":1}]', parents: undefined },
])("finds the parents in $text", ({ text, parents }) => {
  expect(decodeUsedLayers(text)).toEqual(parents);
});

test.for([
  { key: "manifest", name: "manifest" },
  { key: "sha256:ab", name: "=c2hhMjU2OmFi" },
  { key: "manifest-sha256:ab", name: "=bWFuaWZlc3Qtc2hhMjU2OmFi" },
  { key: "UPPER", name: "=VVBQRVI=" },
])("keeps $key in a file of the name $name", ({ key, name }) => {
  expect(bigDataName(key)).toBe(name);
});

test("says of an image what readers ask for", () => {
  const config = { mediaType: "c", digest: digestOf(Buffer.from("config")), size: 6 };
  const manifest = { mediaType: "m", digest: digestOf(Buffer.from("manifest")), size: 8 };
  const index = { mediaType: "i", digest: digestOf(Buffer.from("index")), size: 5 };
  const bigData = bigDataOf({ config, manifest, index });
  const names = ["example.com/a:1"];
  const image = { id: config.digest, digest: manifest.digest, names, layer: "ab", bigData, created: 0 };
  expect(JSON.parse(joinRecords([encodeStoredImage(image)]))).toEqual([
    {
      id: config.digest.slice("sha256:".length),
      digest: manifest.digest,
      names,
      layer: "ab",
      metadata: "{}",
      "big-data-names": [config.digest, `manifest-${manifest.digest}`, `manifest-${index.digest}`, "manifest"],
      "big-data-sizes": {
        [config.digest]: 6,
        [`manifest-${manifest.digest}`]: 8,
        [`manifest-${index.digest}`]: 5,
        manifest: 8,
      },
      "big-data-digests": {
        [config.digest]: config.digest,
        [`manifest-${manifest.digest}`]: manifest.digest,
        [`manifest-${index.digest}`]: index.digest,
        manifest: manifest.digest,
      },
      created: "1970-01-01T00:00:00.000Z",
    },
  ]);
});

test("leaves another token each time: when, how many times, by whom, and chance", () => {
  const token = Buffer.from(encodeLastWrite({ time: 7n, count: 2, pid: 99 }));
  expect([token.byteLength, token.readBigUInt64LE(0), token.readBigUInt64LE(8), token.readUInt32LE(16)]).toEqual([
    64,
    7n,
    2n,
    99,
  ]);
  expect(token.equals(encodeLastWrite({ time: 7n, count: 2, pid: 99 }))).toBe(false);
});
