import type { ImageEvent } from "@stowage/image-service";
import { bestName } from "../output/best-name.ts";
import { formatBytesOf } from "../output/format-size.ts";
import { shortDigest } from "../output/short-digest.ts";
import { openDaemon } from "../store/open-images.ts";
import type { Call } from "../verbs/call.ts";

export interface EventsOptions {
  readonly progress?: boolean;
}

/**
 * Prints what happens, as it happens, until it is interrupted or nobody reads it any more. To a store that no daemon holds, nothing
 * happens by itself.
 */
export async function followEvents(call: Call<EventsOptions>): Promise<void> {
  const { signal, options, terminal } = call;
  await using open = await openDaemon(options);
  for await (const event of open.images.watch({ signal })) {
    if (event.kind === "pull-progress" && options.progress !== true) continue;
    const time = new Date(terminal.now()).toISOString();
    const next = { time, kind: event.kind, ...about(event) };
    if (!(await call.printNext({ next, screen: () => [`${time}  ${describe(event)}`] }))) return;
  }
}

function about(event: ImageEvent): Readonly<Record<string, unknown>> {
  switch (event.kind) {
    case "published":
      return { ...imageOf(event), isNew: event.isNew };
    case "removed":
    case "damaged":
      return imageOf(event);
    case "pull-started":
      return { pull: event.pull, reference: event.reference };
    case "pull-progress":
      return { pull: event.pull, reference: event.reference, ...progressOf(event) };
    case "pull-succeeded":
      return { pull: event.pull, reference: event.reference, image: event.id };
    case "pull-failed":
      return { pull: event.pull, reference: event.reference, why: event.why };
  }
}

function imageOf({ image }: Extract<ImageEvent, { readonly image: unknown }>) {
  return { image: image.id, names: [...image.tags, ...image.digests] };
}

function progressOf({ event }: Extract<ImageEvent, { readonly kind: "pull-progress" }>) {
  if (event.kind !== "layer") return { phase: event.kind };
  return { layer: event.digest, phase: event.phase, bytes: event.bytes, size: event.size };
}

function describe(event: ImageEvent): string {
  switch (event.kind) {
    case "published":
      return `${event.isNew ? "published" : "changed"}  ${bestName(event.image)}  ${shortDigest(event.image.id)}`;
    case "removed":
    case "damaged":
      return `${event.kind}  ${bestName(event.image)}  ${shortDigest(event.image.id)}`;
    case "pull-started":
      return `pull started  ${event.reference}`;
    case "pull-progress":
      return `pull  ${event.reference}  ${describeProgress(event)}`;
    case "pull-succeeded":
      return `pull succeeded  ${event.reference}  ${shortDigest(event.id)}`;
    case "pull-failed":
      return `pull failed  ${event.reference}: ${event.why}`;
  }
}

function describeProgress({ event }: Extract<ImageEvent, { readonly kind: "pull-progress" }>): string {
  if (event.kind !== "layer") return event.kind;
  return `${shortDigest(event.digest)}  ${event.phase}  ${formatBytesOf(event.bytes, event.size)}`;
}
