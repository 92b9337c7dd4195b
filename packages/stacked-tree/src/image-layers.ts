import { StowageError } from "@stowage/errors";

/** What to mount to see a tree, as a snapshotter says it. */
export interface TreeMount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/**
 * The directories that a mount puts on top of each other, top first: of an overlay the lower ones, below the upper one
 * where there is one, and of a bind mount its source. Fails with `failed-precondition` for everything else.
 */
export function layersOf(mounts: readonly TreeMount[]): readonly string[] {
  const [mount, ...more] = mounts;
  if (mount === undefined || more.length > 0)
    throw refusal(`there are ${mounts.length} mounts, and only one shows a tree`);
  if (mount.type === "overlay") return overlayLayers(mount.options);
  if (mount.type === "bind" || mount.options.some((option) => option === "bind" || option === "rbind"))
    return [mount.source];
  throw refusal(`a mount of type "${mount.type}" is not made of directories`);
}

function overlayLayers(options: readonly string[]): readonly string[] {
  const lower = options.filter((option) => option.startsWith(lowerDir)).at(-1);
  if (lower === undefined) throw refusal("the overlay has no lower directories");
  const upper = options.filter((option) => option.startsWith(upperDir)).map((option) => option.slice(upperDir.length));
  return [...upper.map(unescape), ...splitPaths(lower.slice(lowerDir.length))];
}

const lowerDir = "lowerdir=";
const upperDir = "upperdir=";

/** overlayfs(5): paths between colons; a backslash takes its meaning from a colon, a comma or another one. */
function splitPaths(value: string): readonly string[] {
  return (value.match(/(?:\\.|[^\\:])+/gs) ?? []).map(unescape);
}

function unescape(path: string): string {
  return path.replace(/\\(.)/gs, "$1");
}

function refusal(why: string): StowageError {
  return new StowageError("failed-precondition", `Cannot read files of image: ${why}`);
}
