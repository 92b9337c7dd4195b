import type { Digest } from "@stowage/oci";
import type { Usage } from "@stowage/snapshots";

/** What a collection has given back, or would give back, and what it lets be although no image needs it. */
export interface Collection {
  readonly gone: readonly Collectable[];
  readonly kept: readonly Collectable[];
}

/** A part of the disk that no image needs. */
export interface Collectable extends Usage {
  /** An unpacked layer, a blob, or what has arrived of one. */
  readonly kind: "layer" | "blob" | "arriving";
  /** Of a layer, its chain id. */
  readonly digest: Digest;
  readonly why: CollectReason;
  /** Who holds it, where somebody does. */
  readonly holders: readonly string[];
}

export const collectReasons = [
  /** No image has it. */
  "unneeded",
  /** It is the blob of an unpacked layer, and the settings keep none. */
  "not-retained",
  "too-old",
  /** What came later fills the budget. */
  "over-budget",
  /** It is within the budget, or the settings keep all. */
  "retained",
  /** A lease or a pull holds it. */
  "held",
  /** A mount or a writable snapshot shows it, or a layer that stands on it. */
  "in-use",
] as const;

export type CollectReason = (typeof collectReasons)[number];
