import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./bundle-app.ts";

/** The pages on the command, as its verbs declare them. */
export interface CommandPages {
  /** Markdown. */
  readonly cli: string;
  readonly man: readonly { readonly file: string; readonly text: string }[];
}

/** Asks the command's sources, from their directory, because there the names of packages are found. */
export function readCommandPages(): CommandPages {
  const script =
    'import { commandPages } from "./src/pages/command-pages.ts"; process.stdout.write(JSON.stringify(commandPages()));';
  const answer = execFileSync(
    process.execPath,
    ["--conditions=@stowage/source", "--input-type=module", "--eval", script],
    { cwd: join(root, "apps/stowage"), encoding: "utf8" },
  );
  return JSON.parse(answer);
}

/** Writes the pages of the manual into `directory`, and nothing else is there then. */
export async function writeManual(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const { file, text } of readCommandPages().man) await writeFile(join(directory, file), text);
}
