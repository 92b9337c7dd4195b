import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";

/** The options that every verb has, wherever they stand on the command line. */
export function commonOptions(): readonly Option[] {
  return [
    pathOption("--root <dir>", "where the store is (default: as configured, /var/lib/stowage)"),
    pathOption("--address <socket>", "the daemon's socket (default: as configured, /run/stowage/stowage.sock)"),
    pathOption("--config <file>", "settings in TOML (default: /etc/stowage/stowage.toml, if it is there)"),
    new Option("--json", "print the answer as JSON, whose fields stay as they are"),
    new Option("--format <template>", "print the answer through a template, like '{{.id}}' or 'table {{.id}}'"),
    new Option("--verbose", "tell of an error what it comes from"),
  ];
}

/** Of a path from the working directory, or from the root; it is the latter from here on. */
function pathOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(absolutePath);
}

function absolutePath(text: string): string {
  if (text === "") throw new InvalidArgumentError("It is empty.");
  return resolve(text);
}
