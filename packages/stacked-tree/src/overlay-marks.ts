import { findXattr } from "@stowage/linux";
import type { TreeFile } from "./tree-place.ts";

/** Whether a directory hides those below it. Root marks it in the `trusted` namespace, others in `user`; layers bring neither along. */
export function isOpaque({ path }: TreeFile): boolean {
  return ["trusted.overlay.opaque", "user.overlay.opaque"].some((name) => String(findXattr(path, name) ?? "") === "y");
}

/** Whether a name hides what is below it. */
export function isWhiteout({ status }: TreeFile): boolean {
  return status.kind === "character" && status.deviceMajor === 0 && status.deviceMinor === 0;
}
