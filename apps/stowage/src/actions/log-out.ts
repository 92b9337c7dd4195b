import { StowageError } from "@stowage/errors";
import { openTools } from "../store/open-tools.ts";
import type { Call } from "../verbs/call.ts";
import { requireHost } from "./log-in.ts";

export interface LogoutOptions {
  readonly authfile?: string;
}

/** Forgets what is kept for a registry, and prints where that was. */
export async function logOut(call: Call<LogoutOptions>, registry: string): Promise<void> {
  const domain = requireHost(registry);
  await using tools = await openTools(call.options);
  const places = await tools.forgetLogin(domain, { signal: call.signal });
  if (places.length === 0) throw new StowageError("not-found", `Cannot log out of ${domain}: nothing is kept for it`);
  call.print({
    list: places.map(({ file, program }) => ({ registry: domain, file, program })),
    screen: () => [`logged out of ${domain}`],
  });
}
