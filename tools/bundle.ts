import { bundleApp } from "./bundle-app.ts";

await bundleApp("stowaged");
await bundleApp("stowage");
