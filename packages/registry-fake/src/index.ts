export { type Authentication } from "./authentication.ts";
export { type FakeAnswer, type FakeRequest, type Fault, type Handler } from "./exchange.ts";
export { type FakeRegistry, type FakeRegistryOptions, startRegistry } from "./fake-registry.ts";
export {
  cutAfter,
  endlessBody,
  lyingDigest,
  redirectBlobsTo,
  slow,
  stallAfter,
  status,
  times,
  when,
  withBody,
  withHeaders,
} from "./fault.ts";
export { type FakeDocument, type FakeImage } from "./registry-content.ts";
export {
  createTokenIssuer,
  type TokenIssuer,
  type TokenIssuerOptions,
  type TokenRequest,
  type Users,
} from "./token-issuer.ts";
