import type { ErrorCode } from "@stowage/errors";
import type { StoreCommand } from "./store-command.ts";

/** To the process: something to do, or word to close the store and end. */
export type ToStoreProcess =
  | { readonly kind: "command"; readonly id: number; readonly command: StoreCommand }
  | { readonly kind: "close" };

/** From the process: that the store is open, and what became of a command. */
export type FromStoreProcess =
  | { readonly kind: "open" }
  | { readonly kind: "done"; readonly id: number; readonly lines: readonly string[] }
  | { readonly kind: "failed"; readonly id: number; readonly code: ErrorCode | undefined; readonly message: string };
