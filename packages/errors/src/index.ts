export { type AbortOptions } from "./abort.ts";
export { asStorageError, ifThere, isErrno } from "./errno.ts";
export { type ErrorCode, isStowageError, StowageError } from "./stowage-error.ts";
