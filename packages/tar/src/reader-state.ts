import type { SparseContent } from "./sparse-content.ts";

/** What a reader is in the middle of. */
export type State = Gather | Content | Skip | { readonly kind: "ended" };

/** Collects so many bytes and hands them on, without a copy where they came in one piece. */
export interface Gather {
  readonly kind: "gather";
  readonly size: number;
  /** Whether the archive may end instead of the first of them. */
  readonly mayEnd: boolean;
  readonly next: (bytes: Uint8Array) => State;
  buffer: Uint8Array | undefined;
  filled: number;
}

export interface Content {
  readonly kind: "content";
  readonly padding: number;
  readonly sparse: SparseContent | undefined;
  left: number;
}

export interface Skip {
  readonly kind: "skip";
  readonly left: number;
  readonly next: () => State;
}

export function gather(size: number, how: Pick<Gather, "mayEnd" | "next">): Gather {
  return { kind: "gather", size, ...how, buffer: undefined, filled: 0 };
}

/** Passes over so many bytes, which may be none. */
export function skip(left: number, next: () => State): State {
  return left === 0 ? next() : { kind: "skip", left, next };
}
