import type { Image, ImageLayer } from "@stowage/images";
import { diffTrees, type TreeChange } from "@stowage/stacked-tree";
import { formatBytes } from "../output/format-size.ts";
import type { Screen } from "../output/screen.ts";
import { shortDigest } from "../output/short-digest.ts";
import { getImage } from "../store/get-image.ts";
import { openImageFiles } from "../store/open-image-files.ts";
import type { OpenImages } from "../store/open-images.ts";
import { textOfPath } from "../store/path-text.ts";
import type { Call } from "../verbs/call.ts";

export interface DiffOptions {
  readonly layers?: boolean;
  readonly files?: boolean;
}

/** Prints which layers two images share, and in which files they differ. */
export async function diffImages(call: Call<DiffOptions>, one: string, two: string): Promise<void> {
  const { options } = call;
  await using open = await call.open();
  const [image, other] = [await getImage(open.images, one, call), await getImage(open.images, two, call)];
  const isAll = options.layers === options.files;
  const layers = isAll || options.layers === true ? diffLayers(image.layers, other.layers) : undefined;
  const files = isAll || options.files === true ? await diffFiles(call, open, { image, other }) : undefined;
  call.print({
    one: { image: image.id, other: other.id, layers, files },
    screen: () => [
      ...layersScreen(layers ?? []),
      ...(layers !== undefined && layers.length > 0 && files !== undefined && files.length > 0 ? [""] : []),
      ...(files ?? []).map(({ kind, path, what }) => `${marks[kind]} ${path}${describe(what)}`),
    ],
  });
}

interface LayerDifference {
  readonly in: "both" | "image" | "other";
  readonly diffId: string;
  readonly bytes: number;
}

/** A layer is the same in two images where all below it are. */
function diffLayers(ours: readonly ImageLayer[], theirs: readonly ImageLayer[]): readonly LayerDifference[] {
  const differs = ours.findIndex(({ diffId }, at) => theirs[at]?.diffId !== diffId);
  const shared = differs < 0 ? ours.length : differs;
  const rowsOf = (layers: readonly ImageLayer[], where: LayerDifference["in"]): readonly LayerDifference[] =>
    layers.map(({ diffId, bytes }) => ({ in: where, diffId, bytes }));
  return [
    ...rowsOf(ours.slice(0, shared), "both"),
    ...rowsOf(ours.slice(shared), "image"),
    ...rowsOf(theirs.slice(shared), "other"),
  ];
}

function layersScreen(layers: readonly LayerDifference[]): Screen {
  if (layers.length === 0) return [];
  const rows = layers.map(({ in: where, diffId, bytes }) => [
    layerWords[where],
    shortDigest(diffId),
    { text: formatBytes(bytes), align: "right" as const },
  ]);
  return [{ head: ["LAYERS", "DIFF ID", "SIZE"], rows }];
}

const layerWords = { both: "both", image: "first only", other: "second only" } as const;

interface FileDifference {
  readonly kind: TreeChange["kind"];
  readonly path: string;
  readonly what: readonly string[];
  readonly bytes: number;
}

interface Compared {
  readonly image: Image;
  readonly other: Image;
}

async function diffFiles(
  { signal }: Call<DiffOptions>,
  { images }: OpenImages,
  { image, other }: Compared,
): Promise<readonly FileDifference[]> {
  await using before = await openImageFiles(images, image, { signal });
  await using after = await openImageFiles(images, other, { signal });
  const differences: FileDifference[] = [];
  for await (const change of diffTrees(before.tree, after.tree)) {
    signal.throwIfAborted();
    if (!isMereTime(change)) differences.push(differenceOf(change));
  }
  return differences;
}

/** A directory has another time wherever something in it came or went, which is told by itself. */
function isMereTime(change: TreeChange): boolean {
  if (change.kind !== "changed" || change.after.kind !== "directory") return false;
  return change.what.every((aspect) => aspect === "time");
}

function differenceOf(change: TreeChange): FileDifference {
  const { kind, path } = change;
  const entry = kind === "removed" ? change.before : change.after;
  const bytes = entry.kind === "file" ? entry.size : 0;
  return { kind, path: `/${textOfPath(path)}`, what: kind === "changed" ? change.what : [], bytes };
}

/** As `docker diff` marks them. */
const marks = { added: "A", changed: "C", removed: "D" } as const satisfies Record<TreeChange["kind"], string>;

function describe(what: readonly string[]): string {
  return what.length === 0 ? "" : `  ${what.join(", ")}`;
}
