import type { ImageEvent, ImageService } from "@stowage/image-service";
import type { Logger } from "pino";
import { PullProgress } from "./pull-progress.ts";

export interface LogPullsOptions {
  /** From one line of a pull that is under way to the next. */
  readonly everyMilliseconds?: number;
}

/** One line for each pull that has ended, and, while one goes on, how far it is, every ten seconds; until it is disposed of. */
export function logPulls(
  log: Logger,
  images: Pick<ImageService, "watch">,
  { everyMilliseconds = 10_000 }: LogPullsOptions = {},
): AsyncDisposable {
  const ending = new AbortController();
  const pulls = new LoggedPulls(log, everyMilliseconds);
  const following = follow(images, pulls, ending.signal).catch((error: unknown) => {
    if (!ending.signal.aborted) log.warn({ err: error }, "pulls are not told of any more");
  });
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await following;
      pulls[Symbol.dispose]();
    },
  };
}

async function follow(images: Pick<ImageService, "watch">, pulls: LoggedPulls, signal: AbortSignal): Promise<void> {
  for await (const event of images.watch({ signal })) pulls.note(event);
}

interface LoggedPull {
  readonly progress: PullProgress;
  readonly timer: NodeJS.Timeout;
}

class LoggedPulls implements Disposable {
  readonly #log: Logger;
  readonly #everyMilliseconds: number;
  readonly #going = new Map<string, LoggedPull>();

  constructor(log: Logger, everyMilliseconds: number) {
    this.#log = log;
    this.#everyMilliseconds = everyMilliseconds;
  }

  note(event: ImageEvent): void {
    switch (event.kind) {
      case "pull-started":
        return this.#begin(event);
      case "pull-progress":
        return this.#going.get(event.pull)?.progress.note(event.event);
      case "pull-succeeded":
        return this.#log.info({ reference: event.reference, id: event.id, ...this.#end(event.pull) }, "pulled");
      case "pull-failed":
        return this.#log.info({ reference: event.reference, why: event.why, ...this.#end(event.pull) }, "pull failed");
      case "published":
      case "removed":
      case "damaged":
    }
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#going.values()) clearInterval(timer);
  }

  #begin({ pull, reference }: { readonly pull: string; readonly reference: string }): void {
    const progress = new PullProgress(performance.now());
    const tell = (): void => this.#log.info({ reference, ...progress.report(performance.now()) }, "pulling");
    this.#going.set(pull, { progress, timer: setInterval(tell, this.#everyMilliseconds).unref() });
  }

  #end(pull: string): { readonly milliseconds?: number; readonly bytes?: number } {
    const going = this.#going.get(pull);
    if (going === undefined) return {};
    this.#going.delete(pull);
    clearInterval(going.timer);
    const { started, bytes } = going.progress;
    return { milliseconds: Math.round(performance.now() - started), bytes };
  }
}
