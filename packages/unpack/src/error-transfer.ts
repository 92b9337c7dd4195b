import { type ErrorCode, StowageError } from "@stowage/errors";

/** An error as plain data that crosses between threads, with what callers decide on and its causes. */
export interface EncodedError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a `StowageError`. */
  readonly stowageCode: ErrorCode | undefined;
  /** Fields of a system error. */
  readonly system: {
    readonly code?: string;
    readonly errno?: number;
    readonly syscall?: string;
    readonly path?: string;
  };
  readonly cause: EncodedError | undefined;
}

export function encodeError(error: unknown): EncodedError {
  if (!(error instanceof Error))
    return { message: String(error), stack: undefined, stowageCode: undefined, system: {}, cause: undefined };
  return {
    message: error.message,
    stack: error.stack,
    stowageCode: error instanceof StowageError ? error.code : undefined,
    system: error instanceof StowageError ? {} : systemFieldsOf(error),
    cause: error.cause === undefined ? undefined : encodeError(error.cause),
  };
}

export function decodeError({ message, stack, stowageCode, system, cause }: EncodedError): Error {
  const options = cause === undefined ? {} : { cause: decodeError(cause) };
  const error =
    stowageCode === undefined
      ? Object.assign(new Error(message, options), system)
      : new StowageError(stowageCode, message, options);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function systemFieldsOf(error: NodeJS.ErrnoException): EncodedError["system"] {
  const { code, errno, syscall, path } = error;
  return {
    ...(code === undefined ? {} : { code }),
    ...(errno === undefined ? {} : { errno }),
    ...(syscall === undefined ? {} : { syscall }),
    ...(path === undefined ? {} : { path }),
  };
}
