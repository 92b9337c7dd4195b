export { type Authentication } from "./authentication.ts";
export { badBody, contentEncoding, cutAfter, endlessBody, stallAfter, trickle, withBody } from "./body-fault.ts";
export { type Certificates, type Identity, makeCertificates } from "./certificate.ts";
export { type FakeAnswer, type FakeRequest, type Fault, type Handler } from "./exchange.ts";
export { type FakeRegistry, type FakeRegistryOptions, startRegistry } from "./fake-registry.ts";
export {
  dropConnection,
  lyingDigest,
  redirectBlobsTo,
  redirectTo,
  slow,
  status,
  times,
  tooManyRequests,
  when,
  withHeaders,
} from "./fault.ts";
export { type ServerTls } from "./http-server.ts";
export { changedEtag, withoutRanges, wrongContentRange } from "./range-fault.ts";
export { type FakeDocument, type FakeImage } from "./registry-content.ts";
export { type RegistryRules } from "./registry-state.ts";
export { type Action } from "./route.ts";
export {
  type Access,
  createTokenIssuer,
  type TokenIssuer,
  type TokenIssuerOptions,
  type TokenRequest,
  type Users,
  type Verdict,
} from "./token-issuer.ts";
