import { channel } from "node:diagnostics_channel";

/**
 * Every step of the store's work after which the disk is different, in the order that a pull, a removal and a collection take
 * them. A crash may fall after any; a test stops the process there by subscribing to the channel.
 */
export const steps = [
  "ingest-opened",
  "ingest-written",
  "ingest-noted",
  "ingest-whole",
  "layer-prepared",
  "layer-unpacked",
  "layer-settled",
  "layers-flushed",
  "layer-linked",
  "layer-replaced",
  "layer-named",
  "layers-durable",
  "blobs-flushed",
  "blob-named",
  "blobs-durable",
  "image-publishing",
  "image-published",
  "writable-made",
  "writable-named",
  "writable-durable",
  "container-held",
  "container-placed",
  "container-recorded",
  "container-forgotten",
  "container-removed",
  "ingest-removed",
  "image-removed",
  "layer-trashed",
  "layer-unlinked",
  "blob-removed",
  "trash-emptied",
] as const;

export type Step = (typeof steps)[number];

export function isStep(text: string): text is Step {
  return steps.some((name) => name === text);
}

/** Where steps are told, as `{ step }`, synchronously: a subscriber that ends the process ends it exactly there. */
export const stepChannel = "stowage.store.step";

const told = channel(stepChannel);

/** Tells that a step was made. It costs a look at a flag where nobody listens. */
export function step(name: Step): void {
  if (told.hasSubscribers) told.publish({ step: name });
}
