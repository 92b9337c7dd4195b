import type { AbortOptions } from "@stowage/errors";
import type { Digest } from "@stowage/oci";
import type { Reference } from "@stowage/reference";

/** Whether an image may come here. It is asked when nothing of the image is here yet but what says which one it is. */
export interface Admission {
  /** Fails with an `AdmissionRefusedError` where it may not, and as it comes where that cannot be told: neither lets it in. */
  admit(candidate: Candidate, options?: AbortOptions): Promise<void>;
}

/** An image that is to come here. */
export interface Candidate {
  /** What was asked for; where it is loaded, what it is to be called. */
  readonly reference: Reference;
  /** The manifest that was chosen, whose bytes were verified. */
  readonly manifest: Digest;
  readonly origin: Origin;
  /** The Kubernetes namespace that it is for, where it is for one. */
  readonly namespace?: string | undefined;
}

/** Where an image comes from, by the transports of containers-transports(5). */
export type Origin =
  /** A registry, which the reference names. */
  | { readonly transport: "docker" }
  | ArchiveOrigin
  /** Nobody says. */
  | { readonly transport: "unknown" };

export interface ArchiveOrigin {
  readonly transport: "docker-archive" | "oci-archive" | "oci" | "dir";
  /** Absolute and without links; a stream has none. */
  readonly path?: string | undefined;
}
