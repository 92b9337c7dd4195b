import { StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { formatReference, type Reference } from "@stowage/reference";
import type { RegistryEvent } from "@stowage/registry";
import { linked } from "@stowage/shared-work";
import { PullActivity } from "./pull-activity.ts";
import type { PullEvent, PullOptions } from "./pull-event.ts";
import { type NamespaceDependencies, pullForNamespace } from "./pull-for-namespace.ts";

export interface WatchedDependencies extends NamespaceDependencies {
  /** For how long nothing may happen in a pull; 0 is for ever. */
  readonly inactivitySeconds: number;
}

/**
 * Pulls an image, and stops where nothing happens for too long, in whatever phase: with `deadline-exceeded`, and with what it was
 * at. Who shares work with it is not stopped by that.
 */
export async function watchedPull(
  { inactivitySeconds: seconds, ...dependencies }: WatchedDependencies,
  reference: Reference,
  options: PullOptions,
): Promise<Image> {
  if (seconds === 0) return await pullForNamespace(dependencies, reference, options);
  using watch = new InactivityWatch(reference, seconds);
  using either = linked(options.signal, watch.signal);
  const onProgress = (event: PullEvent): void => {
    watch.note(event);
    options.onProgress?.(event);
  };
  const onEvent = (event: RegistryEvent): void => watch.noteRegistry(event);
  return await pullForNamespace(dependencies, reference, { ...options, signal: either.signal, onProgress, onEvent });
}

/** Aborts its signal when nothing has been noted for so long. */
class InactivityWatch implements Disposable {
  readonly #reference: Reference;
  readonly #seconds: number;
  readonly #activity = new PullActivity();
  readonly #expiry = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #quietLooks = 0;

  constructor(reference: Reference, seconds: number) {
    this.#reference = reference;
    this.#seconds = seconds;
    this.#timer = setInterval(() => this.#look(), (seconds * 1000) / looks);
  }

  get signal(): AbortSignal {
    return this.#expiry.signal;
  }

  note(event: PullEvent): void {
    this.#quietLooks = 0;
    this.#activity.note(event);
  }

  noteRegistry(event: RegistryEvent): void {
    if (this.#activity.noteRegistry(event)) this.#quietLooks = 0;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#quietLooks = this.#activity.isWaiting ? 0 : this.#quietLooks + 1;
    if (this.#quietLooks < looks) return;
    clearInterval(this.#timer);
    const why = `nothing has happened for ${this.#seconds} s while ${this.#activity.describe()}`;
    this.#expiry.abort(
      new StowageError("deadline-exceeded", `Cannot pull ${formatReference(this.#reference)}: ${why}`),
    );
  }
}

/** Looks are counted, not time: what came while this process had no turn of the machine is noted before the next look. */
const looks = 10;
