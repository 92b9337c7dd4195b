import { RegistryUnavailableError } from "@stowage/registry";
import type { HostCall } from "./call.ts";

/**
 * What the failure of a request to `host` is to the caller of the port: the reason of its signal if that aborted, a bug as it
 * came, and otherwise a `RegistryUnavailableError` that says in words what happened.
 */
export function asRegistryError(error: unknown, call: HostCall, host: string): unknown {
  if (call.options.signal?.aborted) return call.options.signal.reason;
  if (error instanceof RegistryUnavailableError || bugs.has(codeOf(error))) return error;
  return new RegistryUnavailableError(call.action, [{ host, reason: reasonOf(error) }], { cause: withoutData(error) });
}

/** What could not be parsed is in undici's error, and may be anything: also what the server was told. */
function withoutData(error: unknown): unknown {
  if (error instanceof Error && "data" in error) error.data = undefined;
  return error;
}

/** Whether `origin` was asked in vain over https, because it speaks http or because nobody is there who speaks https. */
export function speaksNoTls(error: unknown, { protocol, host }: URL): boolean {
  if (!(error instanceof RegistryUnavailableError) || protocol !== "https:") return false;
  const code = codeOf(error.cause);
  return error.failures[0]?.host === host && (notTls.has(code) || code === "ECONNREFUSED" || code === "ECONNRESET");
}

/** `""` where an error has none. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (error instanceof Error && error.name === "TimeoutError") return "the answer took too long";
  if (notTls.has(code)) return "it speaks plain http, not https (allow that with --plain-http)";
  const known = reasons.get(code);
  if (known !== undefined) return known;
  if (clientCertificateAlert.test(code))
    return `it does not let us in without a client certificate that it knows (${code})`;
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) return `TLS failed (${code})`;
  if (code.startsWith("HPE_")) return `its answer is not HTTP (${code})`;
  return code === "" ? "the request failed" : `the request failed (${code})`;
}

/** What servers say of the client's certificate, or of the lack of one (RFC 8446, section 6.2). */
const clientCertificateAlert = /_ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_REQUIRED|CERTIFICATE_UNKNOWN|UNKNOWN_CA)$/;

const notTls: ReadonlySet<string> = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"]);

/** A request after the end of the registry. */
const bugs: ReadonlySet<string> = new Set(["UND_ERR_DESTROYED", "UND_ERR_CLOSED"]);

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "its name is not known"],
  ["EAI_AGAIN", "its name could not be looked up"],
  ["ECONNREFUSED", "it refuses the connection"],
  ["ECONNRESET", "it cut the connection"],
  ["EPIPE", "it cut the connection"],
  ["EHOSTUNREACH", "it cannot be reached"],
  ["ENETUNREACH", "its network cannot be reached"],
  ["ETIMEDOUT", "the connection timed out"],
  ["UND_ERR_CONNECT_TIMEOUT", "the connection timed out"],
  ["UND_ERR_HEADERS_TIMEOUT", "it did not begin to answer in time"],
  ["UND_ERR_BODY_TIMEOUT", "it stopped in the middle of its answer"],
  ["UND_ERR_SOCKET", "it cut the connection"],
  ["UND_ERR_HEADERS_OVERFLOW", "the head of its answer is too long"],
  ["HPE_HEADER_OVERFLOW", "the head of its answer is too long"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "its answer has another length than it said"],
  ["UND_ERR_ABORTED", "its proxy does not connect to it"],
  ["UND_ERR_INVALID_ARG", "the request is none that can be sent, or its proxy wants to know who asks"],
  ["STOWAGE_TOO_SLOW", "it sends too slowly"],
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "its certificate is signed by an unknown authority"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its certificate is signed by an unknown authority"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "its certificate is signed by an unknown authority"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another host"],
]);
