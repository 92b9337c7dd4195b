import type { Credential } from "@stowage/auth";
import type { AbortOptions } from "@stowage/errors";
import type { Descriptor, Digest, Platform } from "@stowage/oci";

export interface PullOptions extends AbortOptions {
  /** Whose authority the pull has at the registry; without one it is anonymous. */
  readonly credential?: Credential | undefined;
  /** Speak http to this registry, not https. */
  readonly plainHttp?: boolean | undefined;
  /** The runtime handler that it is for, by name; the default one where it is left out or empty. */
  readonly handler?: string | undefined;
  /** The platform to choose from an index; the handler's where none is given. */
  readonly platform?: Platform | undefined;
  /** The Kubernetes namespace that it is for: its policy, where it has one, says whether the image may come. */
  readonly namespace?: string | undefined;
  /** For people, not for control. */
  readonly onProgress?: ((event: PullEvent) => void) | undefined;
  /** No more often than this it is told of a layer's bytes; what a layer is at, and the last before that, always. */
  readonly progressMilliseconds?: number | undefined;
}

/** What happens during a pull, in this order; layers each on their own. */
export type PullEvent =
  | { readonly kind: "resolved"; readonly manifest: Descriptor; readonly layers: readonly Descriptor[] }
  | {
      readonly kind: "layer";
      readonly digest: Digest;
      readonly phase: LayerPhase;
      readonly bytes: number;
      readonly size: number;
    }
  | { readonly kind: "committing" };

/** `waiting` for its turn, `fetching` and `unpacking` with compressed bytes so far, `done`; `present` needs nothing. */
export type LayerPhase = "waiting" | "fetching" | "unpacking" | "done" | "present";

/** Tells of the layer that is in `blob`. */
export function layerReporter(
  { digest, size }: Descriptor,
  { onProgress }: PullOptions,
): (phase: LayerPhase, bytes: number) => void {
  return (phase, bytes) => onProgress?.({ kind: "layer", digest, phase, bytes, size });
}
