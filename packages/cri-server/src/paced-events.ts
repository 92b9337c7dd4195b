import { type ImageEvent, ProgressPace, type PullEvent } from "@stowage/image-service";

/** Progress of one layer is not sent more often than this: it is for people, and comes with every block. */
export const quietMilliseconds = 100;

type PullProgress = Extract<ImageEvent, { readonly kind: "pull-progress" }>;

/** The events, without progress of a layer that follows the last one closely. What a layer is at is told whenever it changes. */
export async function* pacedEvents(events: AsyncIterable<ImageEvent>): AsyncGenerator<ImageEvent, void, undefined> {
  const pulls = new Map<string, ProgressPace>();
  for await (const event of events) {
    if (event.kind === "pull-started") pulls.set(event.pull, new ProgressPace(quietMilliseconds));
    if (event.kind === "pull-progress") yield* paced(event, pulls.get(event.pull));
    else if (event.kind === "pull-succeeded" || event.kind === "pull-failed") yield* rest(event, pulls);
    else yield event;
  }
}

/** A pull that began before anybody watched is not paced. */
function paced(event: PullProgress, pace: ProgressPace | undefined): readonly PullProgress[] {
  return pace === undefined ? [event] : of(event, pace.next(event.event));
}

function* rest(
  event: Extract<ImageEvent, { readonly kind: "pull-succeeded" | "pull-failed" }>,
  pulls: Map<string, ProgressPace>,
): Generator<ImageEvent> {
  yield* of(event, pulls.get(event.pull)?.rest() ?? []);
  pulls.delete(event.pull);
  yield event;
}

function of({ pull, reference }: Pick<PullProgress, "pull" | "reference">, events: readonly PullEvent[]) {
  return events.map((event) => ({ kind: "pull-progress", pull, reference, event }) as const);
}
