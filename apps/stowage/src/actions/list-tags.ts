import { formatReference } from "@stowage/reference";
import { callOptions } from "../store/call-options.ts";
import { getReference } from "../store/get-reference.ts";
import { openTools } from "../store/open-tools.ts";
import type { RegistryOptions } from "../store/registry-options.ts";
import type { Call } from "../verbs/call.ts";

/** Prints the tags of a repository, in the order of its registry. */
export async function listTags(call: Call<RegistryOptions>, text: string): Promise<void> {
  await using tools = await openTools(call.options);
  const { domain, path } = await getReference(tools.names, text, call);
  const tags = await Array.fromAsync(tools.registry.tags({ domain, path }, callOptions(call)));
  call.print({ list: tags.map((tag) => ({ tag, name: formatReference({ domain, path, tag }) })), screen: () => tags });
}
