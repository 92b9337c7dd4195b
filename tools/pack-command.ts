import { bundleApp } from "./bundle-app.ts";

/** What a package of the command has beside its sources; `npm pack` in apps/stowage makes it. */
await bundleApp("stowage");
