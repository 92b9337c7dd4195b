import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DaemonCommand } from "./image-daemon.ts";

export type Durability = "full" | "relaxed";

/** The daemon as it is built, with its store below `directory`. */
export async function stowage(directory: string, registry: string, durability?: Durability): Promise<DaemonCommand> {
  const config = join(directory, "stowage.toml");
  const address = join(directory, "stowage.sock");
  const chosen = durability === undefined ? "" : `durability = "${durability}"\n`;
  await writeFile(config, `${chosen}[registry]\nplain_http = ["${registry}"]\n`);
  const root = join(directory, "store");
  return { command: [main, "--config", config, "--root", root, "--address", address], address };
}

const main = fileURLToPath(new URL("../bundle/main.js", import.meta.resolve("@stowage/stowaged")));
