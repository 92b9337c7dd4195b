import { join } from "node:path";
import { bundleApp, root } from "./bundle-app.ts";
import { writeManual } from "./command-pages.ts";

/** Makes what a package of the command has beside its manifest; `npm pack` in apps/stowage runs this. */
await bundleApp("stowage");
await writeManual(join(root, "apps/stowage/bundle/man"));
