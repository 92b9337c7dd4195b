import { tracingChannel } from "node:diagnostics_channel";
import type { HostCall } from "./call.ts";
import type { HttpAnswer, HttpRequest } from "./transport.ts";

/** What is told of a request. Its path is not: where redirects lead it is often a signed URL, which is a secret. */
export interface RequestTrace {
  /** `host[:port]`. */
  readonly host: string;
  readonly method: string;
  /** What it is for: completes "Cannot …". */
  readonly action: string;
  /** Of the answer, once there is one. */
  status?: number;
}

const requests = tracingChannel<object, RequestTrace>("stowage.registry.request");

/**
 * Publishes a request on the tracing channel `stowage.registry.request`, until the head of its answer is there. The answer
 * itself is not published: it has its request in it, and that may have a password in its body.
 */
export async function traceRequest(
  { action }: HostCall,
  { url, method = "GET" }: HttpRequest,
  work: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const trace: RequestTrace = { host: url.host, method, action };
  const answered = Promise.withResolvers<HttpAnswer>();
  await requests.tracePromise(async () => {
    const answer = await work();
    trace.status = answer.status;
    answered.resolve(answer);
  }, trace);
  return await answered.promise;
}
