import { StowageError } from "@stowage/errors";

/**
 * The names in a path of an archive, from the root of the layer: `.` and empty ones left out, `..` taking the one before
 * it away, and at the root nothing. So an absolute path is one like any other. Bytes are latin1 characters.
 */
export function splitPath(path: string): readonly string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

/**
 * The directory that a path of an archive names and the last name in it, where that can be said without cleaning the path;
 * `undefined` where `splitPath` has to.
 */
export function cutPath(path: string): { readonly directory: string; readonly name: string } | undefined {
  const end = path.endsWith("/") ? path.length - 1 : path.length;
  const slash = path.lastIndexOf("/", end - 1);
  const name = path.slice(slash + 1, end);
  return isSpecial(name) ? undefined : { directory: path.slice(0, Math.max(0, slash)), name };
}

function isSpecial(name: string): boolean {
  return name === "" || name === "." || name === "..";
}

/** The directory that a path within the layer stands in; the root is `""`. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function joinPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** The last name of a path as the kernel takes it. */
export function baseBytes(path: string): Buffer {
  return Buffer.from(path.slice(path.lastIndexOf("/") + 1), "latin1");
}

/** What a name of a layer asks to hide (OCI image-spec, layer.md, "Whiteouts"): one name, or all that is below. */
export type Whiteout = { readonly kind: "name"; readonly name: string } | { readonly kind: "opaque" };

/** Reads the last name of an entry; `undefined` for one that is no whiteout. Fails with `invalid-argument` for one of nothing. */
export function parseWhiteout(name: string): Whiteout | undefined {
  if (!name.startsWith(prefix)) return undefined;
  if (name === opaqueMarker) return { kind: "opaque" };
  const hidden = name.slice(prefix.length);
  if (hidden === "" || hidden === "." || hidden === "..") {
    throw new StowageError("invalid-argument", `Cannot unpack whiteout ${JSON.stringify(name)}: it hides no name`);
  }
  return { kind: "name", name: hidden };
}

const prefix = ".wh.";
const opaqueMarker = ".wh..wh..opq";
