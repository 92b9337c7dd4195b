import { chmod, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

/** The root of the workspace. */
export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is bundled. */
export type App = "stowaged" | "stowage";

/**
 * Writes an app as few files into `directory`: reading a thousand small ones is most of what starting it costs. What it imports when
 * it needs it is in files of its own; so are the threads, under the names that the app's package.json imports them by.
 */
export async function bundleApp(app: App, directory: string = bundleOf(app)): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await build({
    input: {
      main: join(root, "apps", app, "src/main.ts"),
      "unpack-worker": join(root, "packages/unpack/src/worker.ts"),
      "writer-thread": join(root, "packages/images-sqlite/src/writer-thread.ts"),
    },
    platform: "node",
    external: ["koffi"], // it loads a library of its own
    resolve: { conditionNames: ["@stowage/source", "import", "node", "default"] },
    output: { dir: directory, format: "esm", minify: true, sourcemap: true, comments: { legal: true } },
    logLevel: "warn",
  });
  await chmod(join(directory, "main.js"), 0o755);
}

/** Where an app has its bundle, for its package. */
function bundleOf(app: App): string {
  return join(root, "apps", app, "bundle");
}
