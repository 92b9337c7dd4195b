import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StowageError } from "@stowage/errors";
import { type MountEntry, readMounts } from "./mount-table.ts";

/**
 * Moves this process, with all its threads, into the cgroup `path`, like `/pulls`, which is made where it is missing: in cgroup v2's
 * hierarchy, and in those of cgroup v1, where they are mounted, that limit processors, memory and I/O. Fails with `unavailable`,
 * and says where.
 */
export function joinCgroup(path: string): void {
  const hierarchies = cgroupHierarchies(readMounts());
  if (hierarchies.length === 0) throw refusal(path, "no cgroups are mounted");
  for (const hierarchy of hierarchies) joinIn(hierarchy, path);
}

/** Where the hierarchies are that a cgroup is joined in, each once. */
export function cgroupHierarchies(mounts: readonly MountEntry[]): readonly string[] {
  const byDevice = new Map<string, string>();
  for (const { type, superOptions, device, target } of mounts) {
    const limits = type === "cgroup2" || (type === "cgroup" && superOptions.some((name) => controllers.has(name)));
    if (limits && !byDevice.has(device)) byDevice.set(device, target);
  }
  return [...byDevice.values()];
}

/** Of cgroup v1. The others are not joined: a new cgroup of `cpuset` takes nobody until it is set up. */
const controllers: ReadonlySet<string> = new Set(["cpu", "cpuacct", "memory", "blkio"]);

function joinIn(hierarchy: string, path: string): void {
  const directory = join(hierarchy, path);
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "cgroup.procs"), "0"); // the writer
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : "it failed";
    throw refusal(path, `the kernel does not permit it in "${hierarchy}" (${why})`, { cause });
  }
}

function refusal(path: string, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("unavailable", `Cannot join cgroup "${path}": ${why}`, options);
}
