import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./bundle-app.ts";
import { readCommandPages } from "./command-pages.ts";

await writeFile(join(root, "docs/cli.md"), readCommandPages().cli);
