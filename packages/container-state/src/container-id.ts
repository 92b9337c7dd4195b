import { StowageError } from "@stowage/errors";

/**
 * Whether a text can be the id of a container: it names directories, and, with ten characters before it, a writable snapshot. So it
 * is 1 to 118 of `A-Z a-z 0-9 . _ -`, the first of them no dot.
 */
export function isContainerId(text: string): boolean {
  return pattern.test(text);
}

const pattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,117}$/;

/** Fails with `invalid-argument` for what can be none; `action` completes "Cannot …". */
export function requireContainerId(text: string, action: string): void {
  if (isContainerId(text)) return;
  const expected = "expected 1 to 118 of A-Z a-z 0-9 . _ -, the first of them no dot";
  throw new StowageError("invalid-argument", `Cannot ${action}: invalid container ID "${text}"; ${expected}`);
}
