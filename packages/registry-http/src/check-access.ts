import { isOwnHost, planOrigin } from "@stowage/hosts";
import type { RegistryHost } from "@stowage/registry";
import { askHost } from "./ask-host.ts";
import type { Call } from "./call.ts";
import type { RegistryClient } from "./registry-client.ts";

/** Asks the base of the API, which is there for it (OCI distribution-spec, "Determining Support"). It is about no repository. */
export async function checkAccess(client: RegistryClient, call: Call): Promise<void> {
  const host = { ...(await ownHost(client, call)), path: "" };
  const { document: milliseconds } = client.settings.timeouts;
  const answer = await askHost(client, { ...call, host }, { path: "", statuses: [200], milliseconds });
  answer.discard();
}

/** As it is set up, with the certificates that it has. */
async function ownHost({ hosts }: RegistryClient, { repository, options }: Call): Promise<RegistryHost> {
  const planned = await hosts.plan(repository, { signal: options.signal });
  return planned.find((host) => isOwnHost(host, repository)) ?? planOrigin(repository);
}
