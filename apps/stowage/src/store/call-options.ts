import type { RegistryOptions as CallOptions } from "@stowage/registry";
import type { Call } from "../verbs/call.ts";
import { parseCreds } from "./parse-creds.ts";
import type { RegistryOptions } from "./registry-options.ts";

/** What a verb's options say of how a registry is asked. Without a credential, the registry's client looks for one. */
export function callOptions({ options, signal }: Call<RegistryOptions>): CallOptions {
  return { signal, plainHttp: options.plainHttp, credential: parseCreds(options.creds) };
}
