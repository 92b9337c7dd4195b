export { type AbortOptions } from "./abort.ts";
export { asStorageError, isErrno } from "./errno.ts";
export { type ErrorCode, isStowageError, StowageError } from "./stowage-error.ts";
