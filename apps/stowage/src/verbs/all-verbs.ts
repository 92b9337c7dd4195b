import { bundleVerb } from "./bundle-verb.ts";
import { catVerb } from "./cat-verb.ts";
import { checkVerb } from "./check-verb.ts";
import { completionVerb } from "./completion-verb.ts";
import { containersVerb } from "./containers-verb.ts";
import { copyVerb } from "./copy-verb.ts";
import { cpVerb } from "./cp-verb.ts";
import { dfVerb } from "./df-verb.ts";
import { diffVerb } from "./diff-verb.ts";
import { eventsVerb } from "./events-verb.ts";
import { explainVerb } from "./explain-verb.ts";
import { gcVerb } from "./gc-verb.ts";
import { helpVerb } from "./help-verb.ts";
import { historyVerb } from "./history-verb.ts";
import { imagesVerb } from "./images-verb.ts";
import { infoVerb } from "./info-verb.ts";
import { inspectVerb } from "./inspect-verb.ts";
import { loadVerb } from "./load-verb.ts";
import { loginVerb } from "./login-verb.ts";
import { logoutVerb } from "./logout-verb.ts";
import { manifestVerb } from "./manifest-verb.ts";
import { mountVerb } from "./mount-verb.ts";
import { pinVerb } from "./pin-verb.ts";
import { pullVerb } from "./pull-verb.ts";
import { pushVerb } from "./push-verb.ts";
import { removeVerb } from "./remove-verb.ts";
import { saveVerb } from "./save-verb.ts";
import { tagVerb } from "./tag-verb.ts";
import { tagsVerb } from "./tags-verb.ts";
import { treeVerb } from "./tree-verb.ts";
import { unbundleVerb } from "./unbundle-verb.ts";
import { unmountVerb } from "./unmount-verb.ts";
import { unpinVerb } from "./unpin-verb.ts";
import { untagVerb } from "./untag-verb.ts";
import type { Verb } from "./verb.ts";
import { versionVerb } from "./version-verb.ts";
import { whyVerb } from "./why-verb.ts";

/** Every verb there is; those of one group in the order in which they are listed. */
export const allVerbs: readonly (() => Verb)[] = [
  pullVerb,
  imagesVerb,
  inspectVerb,
  historyVerb,
  treeVerb,
  tagVerb,
  untagVerb,
  pinVerb,
  unpinVerb,
  removeVerb,
  saveVerb,
  loadVerb,
  mountVerb,
  unmountVerb,
  catVerb,
  cpVerb,
  diffVerb,
  bundleVerb,
  unbundleVerb,
  containersVerb,
  pushVerb,
  copyVerb,
  manifestVerb,
  tagsVerb,
  explainVerb,
  loginVerb,
  logoutVerb,
  dfVerb,
  gcVerb,
  checkVerb,
  whyVerb,
  infoVerb,
  eventsVerb,
  versionVerb,
  completionVerb,
  helpVerb,
];
