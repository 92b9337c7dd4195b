import type { StoreSettings } from "@stowage/core";
import type { Step } from "@stowage/steps";

/** What the store driver is to do, given as JSON. Images are called by repository and tag, `alpha:1`. */
export interface DriverPlan {
  readonly root: string;
  /** `host:port` of a registry that speaks plain http. */
  readonly registry: string;
  /** The file, outside the root, to which each thing that is done is written. */
  readonly marks: string;
  readonly operations: readonly Operation[];
  /** Over and over, until the process is killed. */
  readonly endless?: boolean | undefined;
  /** Where the process kills itself: right after this step was made for the `occurrence`-th time, counted from 1. */
  readonly killAt?: StepOccurrence | undefined;
  readonly settings?: Omit<StoreSettings, "root" | "registry" | "onFailure"> | undefined;
}

export interface StepOccurrence {
  readonly step: Step;
  readonly occurrence: number;
}

/**
 * Something to do with a store. A pull of a second tag of an image tags it. A pull that `fails` is expected to. `damage` takes
 * the record of an image's lowest layer away, behind the store's back; `check` reads everything, and notes what is lost. `create`
 * makes a writable snapshot on an image, and `discard` removes it; `contain` creates a container
 * of an image, and `drop` deletes it.
 */
export type Operation =
  | { readonly kind: "pull"; readonly name: string; readonly fails?: boolean }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "damage"; readonly name: string }
  | { readonly kind: "create"; readonly key: string; readonly name: string }
  | { readonly kind: "discard"; readonly key: string }
  | { readonly kind: "contain"; readonly id: string; readonly name: string }
  | { readonly kind: "drop"; readonly id: string }
  | { readonly kind: "collect" | "check" };

export function pull(name: string): Operation {
  return { kind: "pull", name };
}

export function remove(name: string): Operation {
  return { kind: "remove", name };
}

export function create(key: string, name: string): Operation {
  return { kind: "create", key, name };
}

export function discard(key: string): Operation {
  return { kind: "discard", key };
}

export function contain(id: string, name: string): Operation {
  return { kind: "contain", id, name };
}

export function drop(id: string): Operation {
  return { kind: "drop", id };
}

/** Where what a boot ends is of the containers of a store: beside it. */
export function runRootOf(root: string): string {
  return `${root}-run`;
}

export const collect: Operation = { kind: "collect" };

/** What writable snapshots are called by plans. */
export const writableKeys: readonly string[] = ["web", "db"];

/** And containers. */
export const containerIds: readonly string[] = ["box", "cup"];
