import { dirname } from "node:path/posix";
import { findXattr } from "@stowage/linux";
import { findFile, type TreeFile } from "./tree-place.ts";

/**
 * What a path shows in a stack of layers, top first, as overlayfs would show it: whiteouts and opaque directories hide
 * what is below, symbolic links on the way are not followed. `undefined` where it shows nothing.
 */
export function findInLowers(lowers: readonly string[], path: string): TreeFile | undefined {
  for (const lower of lowers) {
    const file = findFile(lower, path);
    if (file !== undefined && !isWhiteout(file)) return file;
    file?.[Symbol.dispose]();
    if (file !== undefined || hidesBelow(lower, path)) return undefined;
  }
  return undefined;
}

/** Whether a directory above `path` ends the search in this layer: it is opaque, or no directory any more. */
function hidesBelow(lower: string, path: string): boolean {
  for (let above = path; above !== "" && above !== "."; ) {
    above = dirname(above);
    using file = findFile(lower, above);
    if (file === undefined) continue;
    if (file.status.kind !== "directory") return true;
    if (isOpaque(file)) return true;
  }
  return false;
}

/** Root marks directories in the `trusted` namespace, other users in `user`; layers bring neither along. */
function isOpaque({ path }: TreeFile): boolean {
  return ["trusted.overlay.opaque", "user.overlay.opaque"].some((name) => String(findXattr(path, name) ?? "") === "y");
}

function isWhiteout({ status }: TreeFile): boolean {
  return status.kind === "character" && status.deviceMajor === 0 && status.deviceMinor === 0;
}
