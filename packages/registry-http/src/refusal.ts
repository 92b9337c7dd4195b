import { STATUS_CODES } from "node:http";
import type { ErrorCode } from "@stowage/errors";
import { RegistryError, RegistryUnavailableError } from "@stowage/registry";
import type { HostCall } from "./call.ts";
import { maxErrorBytes } from "./limits.ts";
import { secretTexts, wordsOf } from "./registry-words.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { type HttpAnswer, headerOf, readAtMost } from "./transport.ts";

/**
 * What an answer other than 200 is to the caller of the port, with the registry's own words. What says nothing about the
 * request (5xx, 429, and what no registry answers) is a `RegistryUnavailableError`.
 */
export async function refusalOf(call: HostCall, answer: HttpAnswer): Promise<RegistryError> {
  const { host } = answer.request.url;
  const { status } = answer;
  const reason = `it answers ${await describeAnswer(call, answer)}${describeWait(answer)}`;
  const failures = [{ host, status, reason }];
  const code = codes.get(status) ?? (isClientError(status) ? "invalid-argument" : undefined);
  return code === undefined
    ? new RegistryUnavailableError(call.action, failures)
    : new RegistryError({ code, action: call.action, failures });
}

function describeWait(answer: HttpAnswer): string {
  const wait = parseRetryAfter(headerOf(answer, "retry-after") ?? "", Date.now());
  return wait === undefined ? "" : `, and asks to be left alone for ${Math.ceil(wait / 1000)} seconds`;
}

/** `404 Not Found (MANIFEST_UNKNOWN: manifest unknown)`. Reads the body. */
export async function describeAnswer(call: HostCall, answer: HttpAnswer): Promise<string> {
  const words = await readWords(call, answer);
  const status = `${answer.status} ${STATUS_CODES[answer.status] ?? ""}`.trim();
  return words === "" ? status : `${status} (${words})`;
}

/**
 * The registry's own words: what another origin says, to which it sent us, may be for no eyes but those of this machine.
 * A body that fails to come has none, unless the caller has left.
 */
export async function readWords(call: HostCall, answer: HttpAnswer): Promise<string> {
  if (answer.request.url.origin !== call.host.url.origin) {
    answer.discard();
    return "";
  }
  try {
    const { bytes } = await readAtMost(answer.body, maxErrorBytes);
    const configured = Object.values(call.host.headers ?? {}).flat();
    const secrets = secretTexts(call.credential, answer.request.authorization, configured);
    return wordsOf(bytes, headerOf(answer, "content-type") ?? "", secrets);
  } catch (error) {
    if (error instanceof RegistryUnavailableError) return "";
    throw error;
  }
}

const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [401, "unauthenticated"],
  [403, "permission-denied"],
  [404, "not-found"],
]);

/** 408 and 429 are about the moment, not about the request. */
function isClientError(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
