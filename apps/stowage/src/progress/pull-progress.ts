import type { LayerPhase, PullEvent } from "@stowage/image-service";
import type { Descriptor } from "@stowage/oci";
import { shortDigest } from "../output/short-digest.ts";
import type { WorkInProgress } from "./progress.ts";
import type { WorkItem, WorkKind } from "./work-item.ts";

/** Tells what happens during a pull: its layers are the items, in the order of the manifest. */
export function pullReporter(work: WorkInProgress): (event: PullEvent) => void {
  return (event) => {
    if (event.kind === "resolved") for (const layer of event.layers) work.report(waitingLayer(layer));
    if (event.kind === "layer") work.report(layerItem(event));
    if (event.kind === "committing") work.say("committing");
  };
}

function waitingLayer({ digest, size }: Descriptor): WorkItem {
  return layerItem({ digest, size, phase: "waiting", bytes: 0 });
}

function layerItem(layer: Omit<Extract<PullEvent, { kind: "layer" }>, "kind">): WorkItem {
  const { digest, phase, bytes, size } = layer;
  return { id: digest, label: shortDigest(digest), phase, kind: kinds[phase], bytes, size };
}

const kinds = {
  waiting: "waiting",
  fetching: "moving",
  unpacking: "working",
  done: "done",
  present: "done",
} as const satisfies Record<LayerPhase, WorkKind>;
