import type { Admission } from "@stowage/admission";
import { defaultSettings, type Settings } from "@stowage/config";
import { openAdmission } from "@stowage/policy-fs";

/** Admission as the settings have it. Machines that nobody gave a policy have none; one that somebody named has to be there. */
export function openPolicies({ file, namespacesDir }: Settings["policy"]): Admission {
  return openAdmission({ file, namespacesDir, mayBeMissing: file === defaultSettings.policy.file });
}
