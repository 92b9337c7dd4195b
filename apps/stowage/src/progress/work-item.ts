/** A part of some work, like a layer of a pull. */
export interface WorkItem {
  readonly id: string;
  /** What people know it by. */
  readonly label: string;
  /** What goes on with it, in one word: `fetching`. */
  readonly phase: string;
  readonly kind: WorkKind;
  /** How far it is in this phase. */
  readonly bytes: number;
  readonly size: number;
}

/** Whether it has its turn yet; `moving` brings bytes from one place to another, and is what rates tell of. */
export type WorkKind = "waiting" | "moving" | "working" | "done";

/** What a piece of work is called. */
export interface WorkWords {
  /** `Pulling`. */
  readonly doing: string;
  /** `Pulled`. */
  readonly did: string;
  /** `docker.io/library/alpine:3`. */
  readonly what: string;
  /** What its items are, one of them: `layer`. */
  readonly item: string;
}
