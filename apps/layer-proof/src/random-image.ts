import type { TarFile } from "@stowage/tar";
import { type Arbitrary, array, constant, constantFrom, integer, oneof, record } from "fast-check";
import { applyLayer } from "./apply-layer.ts";
import { LayerRefusal, type ModelTree } from "./model-tree.ts";

/** The entries of each layer, bottom first. */
export type RandomImage = readonly (readonly TarFile[])[];

/** So few names that layers meet each other at every turn; one of them is not UTF-8. */
const name = constantFrom("a", "b", "c", "d\xff");
const plainPath = array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const path = oneof(
  { weight: 9, arbitrary: plainPath },
  { weight: 1, arbitrary: plainPath.map((text) => `./${text}`) },
  { weight: 1, arbitrary: plainPath.map((text) => `/b/../${text}`) },
);

const time = constantFrom(0n, 1_700_000_000_123_456_789n, -86_400_500_000_000n, 2_500_000_000_000_000_001n);
const userNote = new Map([["user.note", Buffer.from([0, 255])]]);
const forbidden = new Map([
  ["trusted.overlay.opaque", Buffer.from("y")],
  ["user.overlay.opaque", Buffer.from("y")],
  ["trusted.note", Buffer.from("kept")],
]);
const noXattrs = new Map<string, Uint8Array>();

const looks = {
  mode: constantFrom(0o755, 0o644, 0o600, 0o4755, 0o2711, 0o1777, 0),
  uid: constantFrom(0, 1000, 3_000_000),
  gid: constantFrom(0, 100),
  mtime: time,
};

const target = oneof(path, constantFrom("..", "../b", "/", ".", "/a/b", "../../c/a", "nowhere/else"));

const entries: Arbitrary<TarFile> = oneof(
  {
    weight: 6,
    arbitrary: record({
      ...looks,
      kind: constant("file" as const),
      name: path,
      content: integer({ min: 0, max: 99 }).map((number) => Buffer.from(`content ${number}`)),
      xattrs: constantFrom(noXattrs, noXattrs, userNote),
    }),
  },
  {
    weight: 6,
    arbitrary: record({
      ...looks,
      kind: constant("directory" as const),
      name: oneof({ weight: 9, arbitrary: path }, { weight: 1, arbitrary: constant("./") }),
      xattrs: constantFrom(noXattrs, noXattrs, userNote, forbidden),
    }),
  },
  { weight: 4, arbitrary: record({ ...looks, kind: constant("symlink" as const), name: path, linkName: target }) },
  { weight: 5, arbitrary: record({ ...looks, kind: constant("hardlink" as const), name: path, linkName: path }) },
  {
    weight: 1,
    arbitrary: record({
      ...looks,
      kind: constantFrom("fifo" as const, "character" as const, "block" as const),
      name: path,
    }).map((entry) => (entry.kind === "fifo" ? entry : { ...entry, deviceMajor: 1, deviceMinor: 3 })),
  },
  { weight: 4, arbitrary: path.map((text) => marker(text, (last) => `.wh.${last}`)) },
  {
    weight: 1,
    arbitrary: oneof(
      { weight: 5, arbitrary: path.map((text) => marker(text, (last) => `${last}/.wh..wh..opq`)) },
      { weight: 1, arbitrary: constant(marker("", () => ".wh..wh..opq")) },
    ),
  },
);

function marker(text: string, rename: (last: string) => string): TarFile {
  const names = text.split("/");
  const last = names.pop() ?? "";
  return { kind: "file", name: [...names, rename(last)].join("/"), mode: 0o644 };
}

/** Images of two to six layers. Most can be unpacked; in the others, the top layer has one entry of which no sense can be made. */
export const randomImages: Arbitrary<RandomImage> = record({
  layers: array(array(entries, { minLength: 1, maxLength: 9 }), { minLength: 2, maxLength: 6, size: "max" }),
  hasNonsense: oneof({ weight: 4, arbitrary: constant(false) }, { weight: 1, arbitrary: constant(true) }),
}).map(({ layers, hasNonsense }) => {
  const { image, nonsense } = withoutNonsense(layers);
  const top = image.at(-1) ?? [];
  return hasNonsense ? [...image.slice(0, -1), [...top, ...nonsense.slice(0, 1)]] : image;
});

/** Leaves out each entry that makes an image one that nobody can unpack: among names so few that is every other. */
function withoutNonsense(layers: RandomImage): { readonly image: RandomImage; readonly nonsense: readonly TarFile[] } {
  let below: ModelTree = new Map();
  let nonsense: TarFile[] = [];
  const image = layers.map((layer) => {
    const kept: TarFile[] = [];
    let shown = below;
    nonsense = [];
    for (const entry of layer) {
      const applied = tryLayer(below, [...kept, entry]);
      if (applied === undefined) nonsense.push(entry);
      else kept.push(entry);
      shown = applied ?? shown;
    }
    below = shown;
    return kept;
  });
  return { image, nonsense };
}

function tryLayer(below: ModelTree, layer: readonly TarFile[]): ModelTree | undefined {
  try {
    return applyLayer(below, layer);
  } catch (error) {
    if (error instanceof LayerRefusal) return undefined;
    throw error;
  }
}
