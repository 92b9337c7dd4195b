import type { ErrorCode } from "@stowage/errors";

/** Every exit code, with what it means. */
export const exitCodes = [
  { code: 0, means: "done" },
  { code: 1, means: "failed" },
  { code: 2, means: "told something wrong: a verb, an option, a name" },
  { code: 3, means: "not found" },
  { code: 4, means: "not let in: by a registry, or by this machine" },
  { code: 5, means: "not available: a registry that does not answer, or not as it should" },
  { code: 130, means: "interrupted" },
] as const;

export type ExitCode = (typeof exitCodes)[number]["code"];

/** The exit code of each kind of failure. */
export const exitCodeOf: Readonly<Record<ErrorCode, ExitCode>> = {
  "invalid-argument": 2,
  "not-found": 3,
  unauthenticated: 4,
  "permission-denied": 4,
  unavailable: 5,
  "already-exists": 1,
  "resource-exhausted": 1,
  "failed-precondition": 1,
  "deadline-exceeded": 1,
  "data-loss": 1,
  internal: 1,
};
