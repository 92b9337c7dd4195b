import { cp, mkdir, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundleApp, root } from "./bundle-app.ts";

/**
 * Writes all that a machine needs to run the daemon into one directory, `release/stowage` unless another is named: a Node, the
 * bundle, the library that calls libc, the units for systemd and the documents. It is installed by copying it to `/opt/stowage`.
 */
const [directory = join(root, "release/stowage")] = process.argv.slice(2);
const app = join(root, "apps/stowaged");

await rm(directory, { recursive: true, force: true });
await mkdir(directory, { recursive: true });
await bundleApp("stowaged", join(directory, "bundle"));
await cp(process.execPath, join(directory, "node"), { dereference: true });
for (const name of ["package.json", "systemd"]) await cp(join(app, name), join(directory, name), { recursive: true });
await cp(join(root, "docs"), join(directory, "docs"), { recursive: true });
await cp(await modulesOf("koffi"), join(directory, "node_modules"), { recursive: true, dereference: true });
process.stdout.write(`${directory}\n`);

/** The directory with a module and, beside it, what it needs on this machine. */
async function modulesOf(name: string): Promise<string> {
  return dirname(await realpath(join(app, "node_modules", name)));
}
