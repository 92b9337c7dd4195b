import { StowageError } from "@stowage/errors";
import type { ImageProcess } from "@stowage/oci";
import type { ProcessUser } from "./resolve-user.ts";

/** A container to be run. */
export interface RuntimeRequest {
  readonly process: ImageProcess;
  readonly user: ProcessUser;
  /** Where its root file system is mounted; relative to the bundle, or absolute. */
  readonly rootfs: string;
  /** In place of the image's own command; the entrypoint stays. */
  readonly args?: readonly string[] | undefined;
  /** `NAME=value`, over what the image has. */
  readonly env?: readonly string[] | undefined;
  readonly hostname: string;
  readonly isTerminal?: boolean | undefined;
  readonly isReadOnly?: boolean | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** `config.json` of a bundle (OCI runtime-spec, config.md), as a value. */
export type RuntimeConfig = Readonly<Record<string, unknown>>;

/**
 * How an OCI runtime is to run it: in namespaces of its own, with the mounts, masked paths and capabilities that `runc spec` gives,
 * but for ambient ones. Fails with `invalid-argument` where neither the image nor the request says what to run.
 */
export function runtimeConfigOf(request: RuntimeRequest): RuntimeConfig {
  const { user, rootfs, hostname, annotations = {} } = request;
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: request.isTerminal ?? false,
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      args: argsOf(request),
      env: envOf(request),
      cwd: request.process.workingDirectory,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: rootfs, readonly: request.isReadOnly ?? false },
    hostname,
    mounts,
    annotations: { ...stopSignalOf(request.process), ...annotations },
    linux: {
      resources: { devices: [{ allow: false, access: "rwm" }] },
      namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })),
      maskedPaths,
      readonlyPaths,
    },
  };
}

function argsOf({ process, args = process.cmd }: RuntimeRequest): readonly string[] {
  const all = [...process.entrypoint, ...args];
  if (all.length > 0 && all[0] !== "") return all;
  throw new StowageError("invalid-argument", "Cannot make a bundle: the image has no command; say what to run");
}

/** A later value of a name takes the place of an earlier one. */
function envOf({ process, user, env = [] }: RuntimeRequest): readonly string[] {
  const isSaid = (name: string) => [...process.env, ...env].some((entry) => entry.startsWith(`${name}=`));
  const home = isSaid("HOME") ? [] : [`HOME=${user.home ?? "/"}`];
  const path = isSaid("PATH") ? [] : [`PATH=${usualPath}`];
  const byName = new Map([...path, ...home, ...process.env, ...env].map((entry) => [entry.split("=", 1)[0], entry]));
  return [...byName.values()];
}

function stopSignalOf({ stopSignal }: ImageProcess): Readonly<Record<string, string>> {
  return stopSignal === undefined ? {} : { "org.opencontainers.image.stopSignal": stopSignal };
}

const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"] as const;

const mounts = [
  { destination: "/proc", type: "proc", source: "proc" },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
  },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
  {
    destination: "/sys/fs/cgroup",
    type: "cgroup",
    source: "cgroup",
    options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
  },
] as const;

const maskedPaths = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/sys/firmware",
  "/proc/scsi",
] as const;

const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"] as const;
