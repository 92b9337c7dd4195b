import { join } from "node:path";
import { bundleApp, root } from "./bundle-app.ts";

await bundleApp(join(root, "apps/stowaged/bundle"));
