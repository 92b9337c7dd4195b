import { RegistryError } from "@stowage/registry";
import type { Call } from "./call.ts";
import type { HttpAnswer } from "./transport.ts";

/** An answer that is not what the specification or the registry itself says. `reason` begins with "it". Lets go of its body. */
export function flawedAnswer({ action }: Pick<Call, "action">, answer: HttpAnswer, reason: string): RegistryError {
  answer.discard();
  const { request, status } = answer;
  const failures = [{ host: request.url.host, status, reason }];
  return new RegistryError({ code: "failed-precondition", action, failures });
}
