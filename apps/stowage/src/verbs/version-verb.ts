import { release } from "node:os";
import { isStowageError } from "@stowage/errors";
import type { StoreInfo } from "@stowage/store-client";
import { readVersion } from "../version.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export function versionVerb(): Verb {
  return new Verb("version", "Print the versions of this command and of the daemon, where one answers")
    .helpGroup(groups.command)
    .example("stowage version", "what is needed for a report")
    .example("stowage version --format '{{.daemon.version}}'", "the daemon's alone")
    .answers({
      "client.version": "text: of this command",
      "client.node": "text: of the Node that it runs on",
      "client.kernel": "text: of Linux",
      "client.arch": "text: of this machine, in Node's words",
      "daemon.version": "text: of the daemon; there is no `daemon` where none answers",
      "daemon.root": "text: the store that it holds",
      "daemon.address": "text: its socket",
    })
    .runs(async (call: Call) => {
      const { version: node, arch } = process;
      const client = { version: readVersion(), node: node.slice(1), kernel: release(), arch };
      const daemon = await findDaemon(call);
      const told = daemon === undefined ? "none answers" : `${daemon.version}, ${daemon.root}`;
      const rows = [...Object.entries({ ...client, version: `stowage ${client.version}` }), ["daemon", told]];
      call.print({ one: { client, daemon }, screen: () => [{ rows: rows.map((row) => [...row]) }] });
    });
}

/** Whom this user may not ask does not answer. */
async function findDaemon({ options, signal }: Call): Promise<(StoreInfo & { readonly address: string }) | undefined> {
  const { readSettings } = await import("@stowage/core");
  const { findStore } = await import("@stowage/store-client");
  const address = options.address ?? (await readSettings(options.config)).address;
  try {
    using client = await findStore(address);
    return client === undefined ? undefined : { ...(await client.info({ signal })), address };
  } catch (error) {
    if (isStowageError(error, "permission-denied") || isStowageError(error, "unavailable")) return undefined;
    throw error;
  }
}
