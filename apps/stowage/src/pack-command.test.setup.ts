import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Makes what the package has, once for all tests. */
export async function setup(): Promise<void> {
  await promisify(execFile)(process.execPath, [new URL("../../../tools/pack-command.ts", import.meta.url).pathname]);
}
