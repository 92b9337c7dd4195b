import type { Admission } from "@stowage/admission";
import { defaultSettings, type Settings } from "@stowage/config";

/**
 * Admission as the settings have it. Machines that nobody gave a policy have none; one that somebody named has to be there. What
 * reads policies is loaded at the first question: who only asks about what is here need not wait for it.
 */
export function openPolicies(settings: Settings["policy"]): Admission {
  let opening: Promise<Admission> | undefined;
  return {
    async admit(candidate, options) {
      opening ??= openLoaded(settings);
      await (await opening).admit(candidate, options);
    },
  };
}

async function openLoaded({ file, namespacesDir }: Settings["policy"]): Promise<Admission> {
  const { openAdmission } = await import("@stowage/policy-fs");
  return openAdmission({ file, namespacesDir, mayBeMissing: file === defaultSettings.policy.file });
}
