import type { ImageEvent, LayerPhase } from "@stowage/image-service";

/** Progress of one layer is not sent more often than this: it is for people, and comes with every block. */
const quietMilliseconds = 100;

interface ToldLayer {
  readonly phase: LayerPhase;
  readonly at: number;
}

/** The events, without progress of a layer that follows the last one closely. What a layer is at is told whenever it changes. */
export async function* pacedEvents(events: AsyncIterable<ImageEvent>): AsyncGenerator<ImageEvent, void, undefined> {
  const pulls = new Map<string, Map<string, ToldLayer>>();
  for await (const event of events) {
    if (event.kind === "pull-started") pulls.set(event.pull, new Map());
    if (event.kind === "pull-succeeded" || event.kind === "pull-failed") pulls.delete(event.pull);
    if (!isSoon(event, pulls)) yield event;
  }
}

/** A pull that began before anybody watched is not paced. */
function isSoon(event: ImageEvent, pulls: ReadonlyMap<string, Map<string, ToldLayer>>): boolean {
  if (event.kind !== "pull-progress" || event.event.kind !== "layer") return false;
  const { digest, phase } = event.event;
  const layers = pulls.get(event.pull);
  const last = layers?.get(digest);
  const at = performance.now();
  if (last !== undefined && last.phase === phase && at - last.at < quietMilliseconds) return true;
  layers?.set(digest, { phase, at });
  return false;
}
