import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A daemon in a process of its own, on a store of its own. Disposing it ends the one and removes the other. */
export interface DaemonProcess extends AsyncDisposable {
  readonly pid: number;
  readonly address: string;
  /** The store. */
  readonly root: string;
  /** Whether it is what is shipped, and not the sources. */
  readonly isBundle: boolean;
  /** Ends it, and says with which code. */
  stop(): Promise<number | null>;
}

const daemon = join(import.meta.dirname, "..", "..", "stowaged");
const bundle = join(daemon, "bundle", "main.js");
const source = join(daemon, "src", "main.ts");

/** Those of the bundle's first line, with which it is run where nobody says otherwise. */
const flags = ["--max-semi-space-size=2", "--no-parallel-scavenge"];

/** What is removed and what broke off is given back so soon that the soak comes by it, too. */
export const keepSeconds = 5;

const settings = `
[pull]
lease = "${keepSeconds}s"
[content]
age = "${keepSeconds}s"
`;

export async function startDaemonProcess(): Promise<DaemonProcess> {
  await using starting = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "stowage-soak-"));
  starting.defer(() => rm(directory, { recursive: true, force: true }));
  const [root, address, config] = ["store", "s.sock", "stowage.toml"].map((name) => join(directory, name));
  if (root === undefined || address === undefined || config === undefined) throw new Error("Three paths are made");
  await writeFile(config, settings);
  const isBundle = existsSync(bundle);
  const main = isBundle ? [bundle] : ["--conditions=@stowage/source", source];
  await using log = await open(join(directory, "log"), "w");
  const args = [...flags, ...main, "--config", config, "--root", root, "--address", address];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", log.fd] });
  const exited = once(child, "exit");
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null) child.kill("SIGTERM");
    await exited;
    return child.exitCode;
  };
  starting.defer(async () => void (await stop()));
  while (!existsSync(address) && child.exitCode === null) await delay(20);
  if (child.pid === undefined || child.exitCode !== null) throw new Error("The daemon did not start");
  const running = starting.move();
  return { pid: child.pid, address, root, isBundle, stop, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
