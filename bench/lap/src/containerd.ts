import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DaemonCommand } from "./image-daemon.ts";

/** An instance of containerd of its own, with all that it keeps below `directory`. */
export async function containerd(directory: string, registry: string): Promise<DaemonCommand> {
  const config = join(directory, "containerd.toml");
  const address = join(directory, "containerd.sock");
  const hosts = join(directory, "hosts");
  await mkdir(join(hosts, registry), { recursive: true });
  await writeFile(join(hosts, registry, "hosts.toml"), `server = "http://${registry}"\n`);
  await writeFile(config, settings(directory, { address, hosts }));
  return { command: ["containerd", "--config", config, "--log-level", "fatal"], address };
}

function settings(directory: string, { address, hosts }: { readonly address: string; readonly hosts: string }): string {
  return `
version = 2
root = "${join(directory, "root")}"
state = "${join(directory, "state")}"
[grpc]
address = "${address}"
[ttrpc]
address = "${address}.ttrpc"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${join(directory, "cni")}"
conf_dir = "${join(directory, "cni")}"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${hosts}"
`;
}
