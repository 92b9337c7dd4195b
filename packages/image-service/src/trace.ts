import { tracingChannel } from "node:diagnostics_channel";
import type { Digest } from "@stowage/oci";

/**
 * What goes on in the service, each on the tracing channel of its name, for whoever logs, counts and draws it. A trace says what
 * it is about when it begins, and more when it ends; nothing in it is a secret.
 */
export interface Traces {
  /** A whole pull, as its caller sees it. */
  readonly "stowage.image.pull": PullTrace;
  /** What the reference names is asked for, down to the config. */
  readonly "stowage.image.resolve": ReferenceTrace;
  /** Everything that was brought gets its name, durably. */
  readonly "stowage.image.commit": ReferenceTrace;
  readonly "stowage.image.remove": { readonly name: string };
  /** A layer waits for its turn. */
  readonly "stowage.layer.wait": LayerTrace;
  /** Its blob is brought here; the bytes are those that came over the network. */
  readonly "stowage.layer.fetch": LayerTrace & { bytes: number };
  /** Its files are made, mostly while it is fetched; the bytes are those of its plain tar. */
  readonly "stowage.layer.unpack": LayerTrace & { bytes: number };
  /** What nobody holds is given back. */
  readonly "stowage.store.collect": object;
  /** What images need is looked at. */
  readonly "stowage.store.check": { readonly level: "sizes" | "digests"; findings?: number };
}

export interface ReferenceTrace {
  /** Normalised. */
  readonly reference: string;
  /** `host[:port]`. */
  readonly registry: string;
}

export interface PullTrace extends ReferenceTrace {
  /** The image that it turned out to be. */
  id?: Digest;
  /** Bytes of the layers that were here already, as they are at the registry. */
  skippedBytes?: number;
  /** Whether it failed because somebody stopped it. */
  isCanceled?: boolean;
}

export interface LayerTrace {
  readonly digest: Digest;
  readonly registry: string;
}

/** Runs `work`, and tells on the channel `name` that it begins and how it ends. */
export function traced<Name extends keyof Traces, Result>(
  name: Name,
  trace: Traces[Name],
  work: () => Promise<Result>,
): Promise<Result> {
  return tracingChannel(name).tracePromise(work, trace);
}
