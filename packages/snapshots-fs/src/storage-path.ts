import { layerNamePattern } from "./layer-record.ts";
import { placeNoteName } from "./writable-place.ts";
import { writableRecordName } from "./writable-record.ts";
import { writableKeyPattern } from "./writable-store.ts";

/** What is at a path below the root of the storage, as containers/storage's overlay driver and we lay it out. */
export type StoragePath =
  | {
      readonly kind: "layer";
      readonly id: string;
      /** Whether it is one of its files, and not what is known of them. */
      readonly isFile: boolean;
    }
  | { readonly kind: "arriving" | "writable" | "layout" };

/** What a path means; `undefined` where nothing of ours should be there. */
export function storageAt(path: string): StoragePath | undefined {
  if (layoutPaths.has(path) || linkPath.test(path) || recordPath.test(path)) return { kind: "layout" };
  const [home, name, part] = path.split("/");
  if (home === undefined || name === undefined) return undefined;
  if (home === "writable") return writableAt(name, part);
  return driverHomes.has(home) ? homeAt(name, part) : undefined;
}

function homeAt(name: string, part: string | undefined): StoragePath | undefined {
  if (name === "staging") return { kind: part === undefined ? "layout" : "arriving" };
  return layerNamePattern.test(name) ? layerAt(name, part) : undefined;
}

function layerAt(id: string, part: string | undefined): StoragePath | undefined {
  if (part === "diff") return { kind: "layer", id, isFile: true };
  return part === undefined || ownFiles.has(part) ? { kind: "layer", id, isFile: false } : undefined;
}

function writableAt(key: string, part: string | undefined): StoragePath | undefined {
  const isOurs = part === undefined || part === "diff" || part === "work" || part === writableRecordName;
  return isOurs && writableKeyPattern.test(key) ? { kind: "writable" } : undefined;
}

/** What is beside the files of a layer. */
const ownFiles: ReadonlySet<string> = new Set([
  "link",
  "lower",
  "tar-split.gz",
  "empty",
  "unfinished",
  "stowage.json",
  "stowage.json.new",
  "stowage.seal",
  "stowage.seal.new",
]);

const driverHomes: ReadonlySet<string> = new Set(["overlay", "native"]);

const layoutPaths: ReadonlySet<string> = new Set([
  "",
  ...driverHomes,
  "overlay/l",
  "writable",
  placeNoteName,
  ...["layers", "images"].flatMap((kind) => [
    `overlay-${kind}`,
    ...["lock", "json", "json.new"].map((ending) => `overlay-${kind}/${kind}.${ending}`),
  ]),
]);

/** Links beside the records for other readers: to what puts a layer's tar together again, and to the documents of an image. */
const recordPath = /^overlay-layers\/[0-9a-f]{64}\.tar-split\.gz$|^overlay-images\/[0-9a-f]{64}(?:\/[^/]+)?$/;

const linkPath = /^overlay\/l\/[A-Z2-7]{26}(?:\.new)?$/;
