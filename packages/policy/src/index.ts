export { decodePolicy } from "./decode-policy.ts";
export { judge, type Verdict } from "./judge.ts";
export {
  type Fulcio,
  type Pki,
  type Policy,
  type Requirement,
  type Requirements,
  type SignedBy,
  type SignedIdentity,
  type SigstoreSigned,
} from "./policy.ts";
export { type Ruling, requirementsFor, type Subject } from "./requirements-for.ts";
