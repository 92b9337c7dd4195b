import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const script = 'import { settingsPage } from "@stowage/config"; process.stdout.write(settingsPage());';

/** Inside the package's directory, because from there its name and its dependencies are found. */
const page = execFileSync(process.execPath, ["--conditions=@stowage/source", "--input-type=module", "--eval", script], {
  cwd: join(root, "packages", "config"),
  encoding: "utf8",
});
writeFileSync(join(root, "docs", "settings.md"), page);
