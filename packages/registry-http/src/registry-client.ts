import type { Hosts, Keychain } from "@stowage/registry";
import type { Authorizer } from "./authorizer.ts";
import type { HostPaces } from "./host-pace.ts";
import type { Chunks, Retries, Timeouts } from "./limits.ts";
import type { ShunnedHosts } from "./shunned-hosts.ts";
import type { SpokenSchemes } from "./spoken-schemes.ts";
import type { Send } from "./transport.ts";

/** What every call of one registry client shares. */
export interface RegistryClient {
  readonly hosts: Hosts;
  readonly keychain: Keychain | undefined;
  readonly send: Send;
  readonly authorizer: Authorizer;
  readonly paces: HostPaces;
  readonly shunned: ShunnedHosts;
  readonly schemes: SpokenSchemes;
  readonly settings: ClientSettings;
}

export interface ClientSettings {
  readonly timeouts: Timeouts;
  readonly retries: Retries;
  readonly chunks: Chunks;
  /** The domains that speak http, where a call does not say. */
  readonly plainHttp: (domain: string) => boolean;
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
}
