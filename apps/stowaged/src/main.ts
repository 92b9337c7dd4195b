#!/usr/bin/env -S node --max-semi-space-size=2 --no-parallel-scavenge
import { parseArgs } from "node:util";
import { readSettingsSources, type SettingsSources, version } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import { runVerb } from "./config-verb.ts";
import { serve } from "./serve.ts";

const usage = `Usage: stowaged [--config FILE] [--root DIR] [--address SOCKET]
       stowaged config check|default|show [--config FILE]

Keeps the container images of this machine and serves them to the kubelet over CRI.

  config check      read the settings, and say of each file that it is fine, or what is wrong
  config default    print a file to begin with: every setting at its default, and what it means
  config show       print the settings in force, and the files that they come from

  --config FILE     settings in TOML (default /etc/stowage/stowage.toml, if it is there); those in
                    the directory conf.d beside it go before it
  --root DIR        where the store is (default /var/lib/stowage)
  --address SOCKET  the unix socket to serve on (default /run/stowage/stowage.sock)
  --version         print the version
  --help            print this
`;

process.exitCode = await main(process.argv.slice(2));

/** The border of the process: arguments in, exit code and one line on stderr out. */
async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    const told = error instanceof StowageError ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`stowaged: ${told}\n`);
    return error instanceof StowageError && error.code === "invalid-argument" ? 2 : 1;
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { values: options, positionals } = parse(args);
  if (options.help) process.stdout.write(usage);
  else if (options.version) process.stdout.write(`stowaged ${version}\n`);
  else if (positionals.length > 0) process.stdout.write(await runVerb(positionals, options));
  else await serve(() => chooseSettings(options));
  return 0;
}

async function chooseSettings({ config, root, address }: Options): Promise<SettingsSources> {
  const sources = await readSettingsSources(config);
  const { settings } = sources;
  return {
    ...sources,
    settings: { ...settings, root: root ?? settings.root, address: address ?? settings.address },
  };
}

type Options = ReturnType<typeof parse>["values"];

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        root: { type: "string" },
        address: { type: "string" },
        version: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it cannot be read";
    throw new StowageError("invalid-argument", `Cannot read the command line: ${why}`, { cause });
  }
}
