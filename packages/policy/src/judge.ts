import type { Requirement, Requirements } from "./policy.ts";

export type Verdict =
  | { readonly kind: "accepted" }
  /** `why` says what is so, beginning with "it". */
  | { readonly kind: "refused"; readonly why: string };

/** Whether all requirements hold. Signatures cannot be verified yet, so what asks for one is refused. */
export function judge(requirements: Requirements): Verdict {
  for (const requirement of requirements) {
    const why = refusalOf(requirement);
    if (why !== undefined) return { kind: "refused", why };
  }
  return { kind: "accepted" };
}

function refusalOf({ type }: Requirement): string | undefined {
  switch (type) {
    case "insecureAcceptAnything":
      return undefined;
    case "reject":
      return "it is rejected";
    case "signedBy":
      return 'it has to be signed with a GPG key ("signedBy"), and such signatures cannot be verified yet';
    case "sigstoreSigned":
      return 'it has to have a sigstore signature ("sigstoreSigned"), and such signatures cannot be verified yet';
    case "signedBaseLayer":
      return 'its base layer has to be signed ("signedBaseLayer"), and that cannot be verified';
  }
}
