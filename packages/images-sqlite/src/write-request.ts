import type { ErrorCode } from "@stowage/errors";

export interface Statement {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** To the thread: statements that are carried out together or not at all; or word to close the file and end. */
export type ToWriter =
  | { readonly kind: "write"; readonly id: number; readonly statements: readonly Statement[] }
  | { readonly kind: "close" };

/** From the thread: what became of a request, in the order of the requests. */
export type FromWriter =
  | { readonly kind: "written"; readonly id: number }
  | { readonly kind: "failed"; readonly id: number; readonly code: ErrorCode | undefined; readonly message: string };

export interface WriterJob {
  readonly path: string;
  readonly isDurable: boolean;
}
