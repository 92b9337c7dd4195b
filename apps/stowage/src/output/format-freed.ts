import type { Removal } from "@stowage/image-service";
import { describeHolder } from "./describe-holder.ts";
import { formatBytes } from "./format-size.ts";

/** What removals gave back, and why that is not all: `freed 7.5 MiB; the rest when it is not mounted at "/mnt" any more`. */
export function formatFreed(removals: readonly Pick<Removal, "freed" | "holders">[]): string {
  const bytes = removals.reduce((sum, { freed }) => sum + freed.bytes, 0);
  const holders = [...new Set(removals.flatMap((removal) => removal.holders))];
  const rest =
    holders.length === 0 ? "" : `; the rest when it is not ${holders.map(describeHolder).join(", ")} any more`;
  return `freed ${formatBytes(bytes)}${rest}`;
}
