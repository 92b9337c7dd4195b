import { type Admission, AdmissionRefusedError, type Candidate } from "@stowage/admission";
import { quoteText } from "@stowage/oci";
import { decodePolicy, judge, type Policy, requirementsFor, type Subject } from "@stowage/policy";
import { createDecoded, createFiles } from "@stowage/text-files";
import { namespaceFile } from "./namespace-file.ts";
import { requireAbsent } from "./require-absent.ts";

/** Where the policies are. */
export interface PolicyPlaces {
  /** A policy.json, for all that has no other. */
  readonly file: string;
  /** Let everything in where that file is missing. By default nothing is. */
  readonly mayBeMissing?: boolean | undefined;
  /** A directory in which `<namespace>.json`, where it is there, is the whole policy of a Kubernetes namespace. */
  readonly namespacesDir?: string | undefined;
}

/**
 * Admission by the policies of this machine (containers-policy.json(5)). Their files are looked at for every question, and read
 * again where they changed. A mistake in one fails every question that it is about with `invalid-argument`, until it is mended.
 */
export function openAdmission(places: PolicyPlaces): Admission {
  const read = createDecoded(createFiles(), decodePolicy);
  return {
    async admit(candidate, { signal } = {}) {
      signal?.throwIfAborted();
      const found = await findPolicy(places, read, candidate.namespace);
      signal?.throwIfAborted();
      if (found !== undefined) requireAdmitted(found, candidate);
    },
  };
}

interface FoundPolicy {
  readonly path: string;
  readonly policy: Policy;
}

/** That of the namespace, or else that of the machine; `undefined` where there is none and need not be. */
async function findPolicy(
  { file, mayBeMissing = false, namespacesDir }: PolicyPlaces,
  read: (path: string) => Promise<Policy | undefined>,
  namespace: string | undefined,
): Promise<FoundPolicy | undefined> {
  const own = namespace === undefined || namespacesDir === undefined ? [] : [namespaceFile(namespacesDir, namespace)];
  for (const path of [...own, file]) {
    const policy = await read(path);
    if (policy !== undefined) return { path, policy };
    await requireAbsent(path, { isAllowed: path !== file || mayBeMissing });
  }
  return undefined;
}

function requireAdmitted({ path, policy }: FoundPolicy, candidate: Candidate): void {
  const { requirements, part } = requirementsFor(policy, subjectOf(candidate));
  const verdict = judge(requirements);
  if (verdict.kind === "accepted") return;
  throw new AdmissionRefusedError(candidate.reference, `${verdict.why} (policy ${quoteText(path)}, ${part})`);
}

function subjectOf({ reference, origin }: Candidate): Subject {
  return origin.transport === "docker" ? { transport: "docker", reference } : origin;
}
