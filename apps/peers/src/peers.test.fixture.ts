import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { defaultSettings } from "@stowage/config";
import { openStore, type Store, type StoreSettings } from "@stowage/core";
import { readMounts, unmount } from "@stowage/linux";
import { type FakeRegistry, startRegistry } from "@stowage/registry-fake";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

/** Mounts, devices and file systems in the files of containers need it. */
export const needsRoot: boolean = process.getuid?.() !== 0;

export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-peers-"));
  onTestFinished(async () => {
    const left = readMounts().filter(({ target }) => target.startsWith(`${directory}/`));
    for (const { target } of left.toReversed()) unmount(target, { lazy: true });
    await rm(directory, { recursive: true, force: true });
  });
  return directory;
}

export async function scratchRegistry(): Promise<FakeRegistry> {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  return registry;
}

/** A store that closes with the test, and in which a finished pull holds nothing. */
export async function scratchStore(settings: Partial<StoreSettings> = {}): Promise<Store> {
  const root = settings.root ?? (await scratchDirectory());
  const store = await openStore({ pull: { ...defaultSettings.pull, lease: 0 }, ...settings, root });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

/** Programs of containers/storage, with a storage of their own and the store as an additional image store. */
export interface Peers {
  /** Their own storage. */
  readonly graph: string;
  /** What a program prints. */
  run(program: string, ...args: readonly string[]): Promise<string>;
  /** What is printed by `podman run`. */
  runImage(image: string, options?: RunOptions): Promise<string>;
}

export interface RunOptions {
  readonly runtime?: "crun" | "runc";
  /** In place of the image's own. */
  readonly command?: readonly string[];
}

export interface PeersOptions {
  /** The root of the store. */
  readonly store: string;
  /** The directory of their own storage, where it has to be known before. */
  readonly graph?: string | undefined;
}

export async function startPeers({ store, graph: given }: PeersOptions): Promise<Peers> {
  const directory = await scratchDirectory();
  const graph = given ?? join(directory, "graph");
  const conf = join(directory, "storage.conf");
  const settings = `driver = "overlay"\ngraphroot = "${graph}"\nrunroot = "${directory}/run"`;
  await writeFile(conf, `[storage]\n${settings}\n[storage.options]\nadditionalimagestores = ["${store}/storage"]\n`);
  const env = { ...process.env, CONTAINERS_STORAGE_CONF: conf };
  const peers: Peers = {
    graph,
    run: async (program, ...args) => (await inOwnMounts([program, ...args], { env })).trimEnd(),
    runImage: (image, { runtime = "crun", command = [] } = {}) =>
      peers.run(
        "podman",
        ...podmanOptions,
        `--runtime=${runtime}`,
        "run",
        "--rm",
        ...containerOptions,
        image,
        ...command,
      ),
  };
  onTestFinished(async () => {
    await peers.run("podman", ...podmanOptions, "rm", "--all", "--force", "--time", "0");
  });
  return peers;
}

/** No systemd is needed then. */
export const podmanOptions: readonly string[] = ["--cgroup-manager=cgroupfs", "--events-backend=none"];

/** What every machine can run: nobody may raise limits here. */
export const containerOptions: readonly string[] = [
  "--network=none",
  "--ulimit=nofile=1024:1024",
  "--ulimit=nproc=1000:1000",
];

/** Runs a program as on a machine with one kind of cgroups, whichever this one has. */
export async function inOwnMounts(
  command: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<string> {
  const hide = existsSync("/sys/fs/cgroup/unified") ? "umount /sys/fs/cgroup/unified; " : "";
  const args = ["--mount", "--propagation", "slave", "sh", "-c", `${hide}exec "$@"`, "sh", ...command];
  return (await run("unshare", args, { ...options, maxBuffer: 2 ** 24 })).stdout;
}
