import { array, assert, property } from "fast-check";
import { expect, test } from "vitest";
import { judge, type Requirement } from "./index.ts";
import { requirements } from "./policy.test.fixture.ts";

const anything: Requirement = { type: "insecureAcceptAnything" };
const signedIdentity = { type: "matchRepository" } as const;

test.for<{ requirement: Requirement; why: RegExp }>([
  { requirement: { type: "reject" }, why: /^it is rejected$/ },
  {
    requirement: { type: "signedBy", keyType: "GPGKeys", keyPath: "/k", signedIdentity },
    why: /GPG key .* cannot be verified yet$/,
  },
  {
    requirement: { type: "sigstoreSigned", keyPath: "/k", signedIdentity },
    why: /sigstore signature .* cannot be verified yet$/,
  },
  {
    requirement: { type: "signedBaseLayer", baseLayerIdentity: signedIdentity },
    why: /base layer .* cannot be verified$/,
  },
])(
  "CVE-2026-45781, failing open: $requirement.type is refused, also where everything else is accepted",
  ({ requirement, why }) => {
    for (const list of [[requirement], [anything, requirement], [requirement, anything]] as const)
      expect(judge(list)).toEqual({ kind: "refused", why: expect.stringMatching(why) });
  },
);

test("accepts nothing but what asks for nothing", () => {
  expect(judge([anything, anything])).toEqual({ kind: "accepted" });
  assert(
    property(requirements, array(requirements), (first, others) => {
      const asksForNothing = [first, ...others].every(({ type }) => type === "insecureAcceptAnything");
      expect(judge([first, ...others]).kind).toBe(asksForNothing ? "accepted" : "refused");
    }),
  );
});
