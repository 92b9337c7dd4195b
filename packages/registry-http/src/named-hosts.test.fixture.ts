import type { FakeRegistry } from "@stowage/registry-fake";
import { Agent, type Dispatcher } from "undici";
import { type HttpRegistry, type HttpRegistryOptions, openHttpRegistry } from "./index.ts";

/** Fakes by the origin under which they are reached, such as `https://registry.example`. */
export type NamedHosts = Readonly<Record<string, FakeRegistry>>;

/** A registry client in whose world those origins exist: requests to them go to their fakes, over real sockets. */
export function openAmong(hosts: NamedHosts, options: HttpRegistryOptions = {}): HttpRegistry {
  const agent = new Agent();
  const dispatcher: Dispatcher = agent.compose((dispatch) => (request, handler) => {
    const named = hosts[String(request.origin)]?.origin ?? request.origin;
    return dispatch({ ...request, ...(named === undefined ? {} : { origin: named }) }, handler);
  });
  return {
    ...openHttpRegistry({ retries: { rounds: 1 }, ...options, dispatcher }),
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}
