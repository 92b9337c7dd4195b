#!/usr/bin/env -S node --max-semi-space-size=2 --no-parallel-scavenge
import { once } from "node:events";
import { parseArgs } from "node:util";
import type { Settings } from "@stowage/config";
import { readSettings, version } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import { runVerb } from "./config-verb.ts";
import { startDaemon } from "./daemon.ts";
import { startLog } from "./log.ts";

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
  else await serve(await chooseSettings(options));
  return 0;
}

/** Serves until SIGTERM or SIGINT. */
async function serve(settings: Settings): Promise<void> {
  process.umask(0o077);
  const log = startLog();
  const stopped = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  const daemon = await startDaemon(settings, {
    onFailure: (error) => log.error({ err: error }, "background work failed"),
    onDamage: ({ resource, why }) => log.error({ resource, why }, "found damaged"),
  });
  log.info({ root: settings.root, address: daemon.address, version }, "serving");
  await stopped;
  log.info("stopping");
  await daemon[Symbol.asyncDispose]();
  log.info("stopped");
}

async function chooseSettings({ config, root, address }: Options): Promise<Settings> {
  const settings = await readSettings(config);
  return { ...settings, root: root ?? settings.root, address: address ?? settings.address };
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
