import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CriClient } from "./cri-client.ts";
import { isCallFailure } from "./expectation.ts";

/** A containerd of the system's own package, with all that it keeps in a directory of its own. Disposing it ends it. */
export interface Containerd extends AsyncDisposable {
  readonly endpoint: string;
}

/** Needs root, and `containerd` to be installed. */
export async function startContainerd(): Promise<Containerd> {
  await using starting = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "cri-containerd-"));
  starting.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));
  const config = join(directory, "containerd.toml");
  await mkdir(join(directory, "cni"));
  await writeFile(config, settings(directory));
  const child = spawn("containerd", ["--config", config, "--log-level", "fatal"], { stdio: "ignore" });
  const ended = once(child, "exit"); // rejects where there is no such program
  ended.catch(() => undefined);
  starting.defer(async () => {
    child.kill("SIGTERM");
    await ended.catch(() => undefined);
  });
  const endpoint = `unix://${join(directory, "s.sock")}`;
  await Promise.race([untilAnswered(endpoint), ended.then(() => Promise.reject(new Error("containerd ended")))]);
  const running = starting.move();
  return { endpoint, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Of containerd itself, which is ready in less than a second where the machine has nothing else to do. */
const startMilliseconds = 30_000;

async function untilAnswered(endpoint: string): Promise<void> {
  const until = performance.now() + startMilliseconds;
  while (performance.now() < until) {
    using client = new CriClient(endpoint);
    try {
      await client.fsInfo({ timeoutMilliseconds: 1000 });
      return;
    } catch (error) {
      if (!isCallFailure(error)) throw error;
    }
    await delay(100);
  }
  throw new Error("containerd does not answer");
}

/** All that an image service needs; hosts on 127.0.0.1 are spoken to over http without being told. */
function settings(directory: string): string {
  return `
version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
address = "${directory}/s.sock"
[ttrpc]
address = "${directory}/s.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
disable_apparmor = true
stats_collect_period = 1
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${directory}/cni"
conf_dir = "${directory}/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${directory}/hosts"
`;
}
