import { join } from "node:path";
import { StowageError } from "@stowage/errors";
import { quoteText } from "@stowage/oci";

/** Where the policy of a namespace would be. Fails with `invalid-argument` for what is no DNS label: it becomes a path. */
export function namespaceFile(directory: string, namespace: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) return join(directory, `${namespace}.json`);
  const why = "it is no name of a namespace";
  throw new StowageError("invalid-argument", `Cannot find the policy of namespace ${quoteText(namespace)}: ${why}`);
}
