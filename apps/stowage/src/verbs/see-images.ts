import type { Hints } from "../output/describe-failure.ts";

/** What helps where a verb is told of an image that is not here. */
export const seeImages: Hints = { "not-found": 'see "stowage images"' };
