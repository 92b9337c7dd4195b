import { execFileSync } from "node:child_process";
import { cp, mkdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundleApp, root } from "./bundle-app.ts";
import { writeManual } from "./command-pages.ts";

/**
 * Writes all that a machine needs to run the daemon and the command into one directory, `release/stowage` unless another is named: a
 * Node, the bundles, the library that calls libc, the units for systemd, the scripts for shells, and the documents. It is
 * installed by copying it to `/opt/stowage`; `/opt/stowage/bin/stowage` is the command.
 */
const [directory = join(root, "release/stowage")] = process.argv.slice(2);
const daemon = join(root, "apps/stowaged");
const command = join(root, "apps/stowage");

await rm(directory, { recursive: true, force: true });
await mkdir(directory, { recursive: true });
await cp(process.execPath, join(directory, "node"), { dereference: true });
await cp(await modulesOf("koffi"), join(directory, "node_modules"), { recursive: true, dereference: true });
await bundleApp("stowaged", join(directory, "bundle"));
await copy(daemon, ["package.json", "systemd"], directory);
await bundleApp("stowage", join(directory, "command/bundle"));
await copy(command, ["package.json", "bin"], join(directory, "command"));
await mkdir(join(directory, "bin"));
await symlink("../command/bin/stowage", join(directory, "bin/stowage"));
await cp(join(root, "docs"), join(directory, "docs"), { recursive: true });
await writeManual(join(directory, "man/man1"));
await writeCompletions();
process.stdout.write(`${directory}\n`);

async function copy(from: string, names: readonly string[], to: string): Promise<void> {
  for (const name of names) await cp(join(from, name), join(to, name), { recursive: true });
}

/** The directory with a module and, beside it, what it needs on this machine. */
async function modulesOf(name: string): Promise<string> {
  return dirname(await realpath(join(daemon, "node_modules", name)));
}

/** Under the names that the shells look for. */
async function writeCompletions(): Promise<void> {
  const names = { bash: "stowage", zsh: "_stowage", fish: "stowage.fish" };
  for (const [shell, name] of Object.entries(names)) {
    const script = execFileSync(join(directory, "bin/stowage"), ["completion", shell]);
    await mkdir(join(directory, "completions", shell), { recursive: true });
    await writeFile(join(directory, "completions", shell, name), script);
  }
}
