import { type Command, Option } from "commander";

/** Where the store is, or who holds it. */
export interface PlaceOptions {
  readonly root?: string;
  readonly address?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** A new verb with the options that every verb has. */
export function createVerb(program: Command, usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .addOption(new Option("--root <dir>", "where the store is (default: as configured, /var/lib/stowage)"))
    .addOption(
      new Option("--address <socket>", "the daemon's socket (default: as configured, /run/stowage/stowage.sock)"),
    )
    .addOption(new Option("--config <file>", "settings in TOML (default: /etc/stowage/stowage.toml, if it is there)"))
    .addOption(new Option("--json", "print JSON"));
}
