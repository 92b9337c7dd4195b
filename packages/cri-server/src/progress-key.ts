import type { PullEvent } from "@stowage/image-service";

/** Of each layer, only the latest event counts. */
export function progressKey(event: PullEvent): string {
  return event.kind === "layer" ? event.digest : event.kind;
}
