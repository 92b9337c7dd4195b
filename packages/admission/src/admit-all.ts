import type { Admission } from "./admission.ts";

/** For stores that nobody has a policy for: every image may come. */
export const admitAll: Admission = {
  admit: async (_candidate, { signal } = {}) => signal?.throwIfAborted(),
};
