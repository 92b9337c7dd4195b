import { Option } from "commander";

/** The options that every verb has, wherever they stand on the command line. */
export function commonOptions(): readonly Option[] {
  return [
    new Option("--root <dir>", "where the store is (default: as configured, /var/lib/stowage)"),
    new Option("--address <socket>", "the daemon's socket (default: as configured, /run/stowage/stowage.sock)"),
    new Option("--config <file>", "settings in TOML (default: /etc/stowage/stowage.toml, if it is there)"),
    new Option("--json", "print the answer as JSON, whose fields stay as they are"),
    new Option("--format <template>", "print the answer through a template, like '{{.id}}' or 'table {{.id}}'"),
    new Option("--verbose", "tell of an error what it comes from"),
  ];
}
