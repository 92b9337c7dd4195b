import { chmod, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

/** The root of the workspace. */
export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is bundled. */
export type App = "stowaged" | "stowage";

/**
 * Writes an app as few files into `directory`: reading a thousand small ones is most of what starting it costs. What it imports when
 * it needs it is in files of its own. So are the threads and processes, under the names that the app's package.json imports them by; they share no
 * file with the app, which would run as a thread what it imports from there.
 */
export async function bundleApp(app: App, directory: string = bundleOf(app)): Promise<void> {
  const unfinished = `${directory}.${process.pid}`; // who runs the one that is there finds it whole until the end
  await bundle({ main: join(root, "apps", app, "src/main.ts") }, unfinished);
  await bundle({ "unpack-worker": join(root, "packages/unpack/src/worker.ts") }, unfinished);
  await bundle({ "unpack-host": join(root, "packages/unpack/src/host.ts") }, unfinished);
  await bundle({ "writer-thread": join(root, "packages/images-sqlite/src/writer-thread.ts") }, unfinished);
  await chmod(join(unfinished, "main.js"), 0o755);
  await rm(directory, { recursive: true, force: true });
  await rename(unfinished, directory);
}

async function bundle(input: Readonly<Record<string, string>>, directory: string): Promise<void> {
  await build({
    input: { ...input },
    platform: "node",
    external: ["koffi"], // it loads a library of its own
    resolve: { conditionNames: ["@stowage/source", "import", "node", "default"] },
    output: {
      dir: directory,
      format: "esm",
      minify: true,
      keepNames: true, // errors are told by the names of their classes
      sourcemap: true,
      comments: { legal: true },
    },
    logLevel: "warn",
  });
}

/** Where an app has its bundle, for its package. */
function bundleOf(app: App): string {
  return join(root, "apps", app, "bundle");
}
