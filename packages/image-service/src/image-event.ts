import { randomUUID } from "node:crypto";
import { StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import type { Digest } from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import type { Broadcast } from "./broadcast.ts";
import { pacedProgress } from "./progress-pace.ts";
import type { PullEvent, PullOptions } from "./pull-event.ts";
import { type PullTrace, traced } from "./trace.ts";

/** What happens to the images, each change once and in its order. Pulls are told from each other by a word of their own. */
export type ImageEvent =
  | { readonly kind: "published"; readonly image: Image; readonly isNew: boolean }
  | { readonly kind: "removed"; readonly image: Image }
  | { readonly kind: "damaged"; readonly image: Image }
  | { readonly kind: "pull-started"; readonly pull: string; readonly reference: string }
  | { readonly kind: "pull-progress"; readonly pull: string; readonly reference: string; readonly event: PullEvent }
  | { readonly kind: "pull-succeeded"; readonly pull: string; readonly reference: string; readonly id: Digest }
  | { readonly kind: "pull-failed"; readonly pull: string; readonly reference: string; readonly why: string };

/** Runs a pull, and tells of it: as events, and as the trace `stowage.image.pull`. */
export async function tellingPull(
  events: Broadcast<ImageEvent>,
  { reference, ...options }: PullOptions & { readonly reference: Reference },
  pull: (options: PullOptions) => Promise<Image>,
): Promise<Image> {
  const about = { pull: randomUUID(), reference: formatReference(reference) };
  const trace: PullTrace = { reference: about.reference, registry: reference.domain, skippedBytes: 0 };
  const progress = pacedProgress(options);
  let hasEnded = false;
  const onProgress = (event: PullEvent): void => {
    if (hasEnded) return;
    trace.skippedBytes = (trace.skippedBytes ?? 0) + skippedBytes(event);
    progress.tell(event);
    events.publish({ kind: "pull-progress", ...about, event });
  };
  events.publish({ kind: "pull-started", ...about });
  try {
    const image = await traced("stowage.image.pull", trace, async () => {
      const pulled = await pull({ ...options, onProgress }).catch((error: unknown) => {
        trace.isCanceled = options.signal?.aborted === true && error === options.signal.reason;
        throw error;
      });
      trace.id = pulled.id;
      return pulled;
    }).finally(() => {
      progress[Symbol.dispose]();
      hasEnded = true;
    });
    events.publish({ kind: "pull-succeeded", ...about, id: image.id });
    return image;
  } catch (error) {
    const why = error instanceof StowageError ? error.message : "it was stopped, or failed for an unforeseen reason";
    events.publish({ kind: "pull-failed", ...about, why });
    throw error;
  }
}

/** Of a layer that needs nothing. */
function skippedBytes(event: PullEvent): number {
  return event.kind === "layer" && event.phase === "present" ? event.size : 0;
}
