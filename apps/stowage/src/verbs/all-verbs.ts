import { checkVerb } from "./check-verb.ts";
import { completionVerb } from "./completion-verb.ts";
import { dfVerb } from "./df-verb.ts";
import { helpVerb } from "./help-verb.ts";
import { imagesVerb } from "./images-verb.ts";
import { inspectVerb } from "./inspect-verb.ts";
import { mountVerb } from "./mount-verb.ts";
import { pullVerb } from "./pull-verb.ts";
import { removeVerb } from "./remove-verb.ts";
import { unmountVerb } from "./unmount-verb.ts";
import type { Verb } from "./verb.ts";
import { versionVerb } from "./version-verb.ts";

/** Every verb there is; those of one group in the order in which they are listed. */
export const allVerbs: readonly (() => Verb)[] = [
  pullVerb,
  imagesVerb,
  inspectVerb,
  removeVerb,
  mountVerb,
  unmountVerb,
  dfVerb,
  checkVerb,
  versionVerb,
  completionVerb,
  helpVerb,
];
