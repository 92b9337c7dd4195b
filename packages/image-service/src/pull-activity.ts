import type { Descriptor } from "@stowage/oci";
import type { RegistryEvent } from "@stowage/registry";
import type { PullEvent } from "./pull-event.ts";

type Layer = Extract<PullEvent, { readonly kind: "layer" }>;

/** What a pull is at, from what it tells and what its registries are asked. */
export class PullActivity {
  #stage: "resolving" | "bringing" | "committing" = "resolving";
  /** The host that has yet to answer. */
  #asked: string | undefined;
  readonly #layers = new Map<Descriptor["digest"], Layer>();

  note(event: PullEvent): void {
    if (event.kind === "layer") this.#layers.set(event.digest, event);
    else this.#stage = event.kind === "resolved" ? "bringing" : "committing";
  }

  /** Whether that is progress: a question is none, and neither is one that failed for want of an answer. */
  noteRegistry(event: RegistryEvent): boolean {
    this.#asked = event.kind === "asked" ? event.host : undefined;
    return event.kind === "answered" || event.kind === "arrived";
  }

  /** Whether it waits for its turn with all that it has yet to do: for what other pulls do, which are watched themselves. */
  get isWaiting(): boolean {
    const unfinished = this.#unfinished();
    return this.#stage === "bringing" && unfinished.length > 0 && unfinished.every(({ phase }) => phase === "waiting");
  }

  /** Completes "nothing has happened while …". */
  describe(): string {
    if (this.#stage === "committing") return "making it durable";
    if (this.#stage === "bringing") return this.#describeLayer();
    return this.#asked === undefined ? "finding out what it is" : `waiting for an answer from ${this.#asked}`;
  }

  #describeLayer(): string {
    const layer = this.#unfinished().find(({ phase }) => phase !== "waiting");
    if (layer === undefined) return "looking for what of it is here";
    if (layer.phase === "unpacking") return `unpacking ${layer.digest}`;
    return `fetching ${layer.digest}, of which ${layer.bytes} of ${layer.size} bytes are in`;
  }

  #unfinished(): readonly Layer[] {
    return [...this.#layers.values()].filter(({ phase }) => phase !== "done" && phase !== "present");
  }
}
