import type { Digest } from "@stowage/oci";

/** What a snapshot is called: the diff ids of its layers, bottom first. Its parent is the chain without the last. */
export type Chain = readonly Digest[];
