/** What the log says of an error: its words and where it was, and none of the other things that libraries hang on to it. */
export interface DescribedError {
  readonly type?: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string | undefined;
  readonly cause?: DescribedError;
}

/** Causes of causes are told to this depth, for they may go round in circles. */
const maxDepth = 5;

/** An error with its causes, for the log. */
export function describeError(error: unknown, depth: number = maxDepth): DescribedError {
  if (!(error instanceof Error)) return { message: typeof error === "string" ? error : `a thrown ${typeof error}` };
  const { name: type, message, stack, cause } = error;
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const why = cause === undefined || depth === 0 ? {} : { cause: describeError(cause, depth - 1) };
  return { type, message, ...code, stack, ...why };
}
