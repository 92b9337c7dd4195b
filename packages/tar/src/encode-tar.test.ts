import { StowageError } from "@stowage/errors";
import {
  array,
  assert,
  bigInt,
  constantFrom,
  dictionary,
  integer,
  property,
  record,
  string,
  uint8Array,
} from "fast-check";
import { expect, test } from "vitest";
import { decodeTar, type TarMember } from "./decode-tar.ts";
import { encodeTar, type TarFile } from "./encode-tar.ts";
import type { TarKind } from "./tar-entry.ts";

const byte = integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
const name = string({ unit: byte, minLength: 1, maxLength: 400 }).filter((text) => !text.endsWith("/"));
const id = integer({ min: 0, max: 2 ** 32 - 2 });
const kinds: readonly TarKind[] = ["file", "directory", "symlink", "hardlink", "character", "block", "fifo"];

const members = record({
  kind: constantFrom(...kinds),
  name,
  linkName: name,
  mode: integer({ min: 0, max: 0o7777 }),
  uid: id,
  gid: id,
  mtime: bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  deviceMajor: integer({ min: 0, max: 2 ** 32 - 1 }),
  deviceMinor: integer({ min: 0, max: 2 ** 32 - 1 }),
  xattrs: dictionary(
    string({ unit: "grapheme-ascii", minLength: 1 }).filter((key) => !key.includes("=")),
    uint8Array(),
  ),
  content: uint8Array({ maxLength: 2000 }),
}).map(({ linkName, deviceMajor, deviceMinor, xattrs, content, ...rest }): TarMember => {
  const isLink = rest.kind === "symlink" || rest.kind === "hardlink";
  const isDevice = rest.kind === "character" || rest.kind === "block";
  const kept = rest.kind === "file" ? content : new Uint8Array();
  return {
    ...rest,
    linkName: isLink ? linkName : "",
    deviceMajor: isDevice ? deviceMajor : 0,
    deviceMinor: isDevice ? deviceMinor : 0,
    xattrs: new Map(Object.entries(xattrs)),
    content: kept,
    size: kept.byteLength,
  };
});

test("reads back every archive it writes", () => {
  assert(
    property(array(members), (files) => {
      expect(decodeTar(Buffer.concat([...encodeTar(files)]))).toEqual(files);
    }),
  );
});

test("writes equal files as equal bytes, in whatever order their xattrs are", () => {
  const write = (...names: readonly string[]): Buffer =>
    Buffer.concat([
      ...encodeTar([{ kind: "file", name: "f", xattrs: new Map(names.map((key) => [key, new Uint8Array([1])])) }]),
    ]);
  expect(write("user.a", "user.b")).toEqual(write("user.b", "user.a"));
});

test("needs no PAX header for a plain file", () => {
  const name = `${"d".repeat(150)}/${"f".repeat(100)}`;
  expect(Buffer.concat([...encodeTar([{ kind: "file", name, mtime: 1_000_000_000n }])])).toHaveLength(3 * 512);
});

test.for<TarFile>([
  { kind: "file", name: "a\0b" },
  { kind: "symlink", name: "a", linkName: "b\0" },
  { kind: "file", name: "a/" },
  { kind: "directory", name: "a/", content: new Uint8Array(1) },
])("refuses %j", (file) => {
  expect(() => [...encodeTar([file])]).toThrow(StowageError);
});
