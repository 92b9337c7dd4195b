import type { Hints } from "../output/describe-failure.ts";

/** What helps where a registry lets nobody in. */
export const seeRegistry: Hints = {
  unauthenticated: 'try "stowage login"; "stowage explain" says who is asked with which credential',
  "permission-denied": '"stowage explain" says who is asked with which credential',
};
