import { z } from "zod";
import {
  absolutePath,
  account,
  cgroupPath,
  collector,
  count,
  duration,
  host,
  imageName,
  listOf,
  metricsAddress,
  oneOf,
  optional,
  pinnedName,
  platform,
  proxies,
  realm,
  size,
  socketPath,
  transport,
  trueOrFalse,
  wait,
  width,
} from "./kinds.ts";
import { afterRestart, atOnce, type Declared } from "./setting-key.ts";
import type { RuntimeSettings, Settings } from "./settings.ts";

const snapshotter = oneOf("overlay", "native");

const socket: Declared<Settings["socket"]> = {
  owner: afterRestart(
    optional(account),
    "",
    "The user that the socket is given to. Left empty, it stays with the user that the daemon runs as.",
  ),
  group: afterRestart(
    optional(account),
    "",
    "The group that the socket is given to. A group that is set can open the socket as well: it then has mode 0660, else 0600.",
  ),
};

const content: Declared<Settings["content"]> = {
  retain: atOnce(
    oneOf("none", "budget", "all"),
    "none",
    "Whether the blobs of layers stay once the layers are unpacked: not at all, within the budget, or always. Those of images that were loaded from archives stay in any case, since no registry may have them.",
  ),
  budget: atOnce(
    size,
    "10 GiB",
    "How much may be kept of what no image needs: such blobs, and what failed pulls left for their retry.",
  ),
  age: atOnce(duration, "24h", "How long any of that is kept."),
};

const additionalStore: Declared<Settings["additionalStore"]> = {
  publish: afterRestart(
    trueOrFalse,
    true,
    'Whether podman, CRI-O, buildah and skopeo may read the images where they are: with "storage" in the root of the store among the additionalimagestores of their storage.conf. Not with the snapshotter "native".',
  ),
  consumers: afterRestart(
    listOf("a list of directories", absolutePath),
    ["/var/lib/containers/storage"],
    "The storages of those who do. A layer on which something stands there is not taken away.",
  ),
};

const check: Declared<Settings["check"]> = {
  rate: atOnce(size, "20 MiB", "How much is read a second, in the background, to see whether all is well."),
  interval: atOnce(duration, "7d", "The time from one such look to the next."),
};

const registry: Declared<Settings["registry"]> = {
  defaultTransport: afterRestart(
    transport,
    "docker://",
    'Where images come from whose names say no transport: "docker://", the registries, or the beginning of another source, like "dir:/srv/images/" or "oci:/srv/layout:". The name follows it.',
  ),
  plainHttp: afterRestart(
    listOf("a list of hosts", host),
    [],
    'Registries that are spoken to over http, like "localhost:5000".',
  ),
  authFile: afterRestart(
    optional(absolutePath),
    "",
    "A docker config.json or podman auth.json for pulls that bring no credential of their own. Left empty, the usual places of both are searched.",
  ),
  namespacedAuthDir: afterRestart(
    optional(absolutePath),
    "/etc/stowage/auth",
    'A directory in which a credential provider lays down auth files, each for one pull in a Kubernetes namespace: crio-credential-provider does in "/etc/crio/auth". Such a file is used instead of all others for that pull, and removed; it need not be there. Left empty, there are none.',
  ),
  hostsDirs: afterRestart(
    listOf("a list of directories", absolutePath),
    ["/etc/stowage/certs.d", "/etc/containerd/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"],
    "Directories with one for each host, with containerd's hosts.toml or docker's certificates in it. The first that has the host decides.",
  ),
  registriesConf: afterRestart(
    absolutePath,
    "/etc/containers/registries.conf",
    'A registries.conf. Its drop-ins are in the directory of the same name with ".d" behind it.',
  ),
  shortNameAliases: afterRestart(
    absolutePath,
    "/var/cache/containers/short-name-aliases.conf",
    "The aliases of short names that podman and others have learnt. They come before those in registries.conf.",
  ),
  trustedRealms: afterRestart(
    listOf("a list of hosts or origins", realm),
    [],
    "Token servers that get the credentials of any registry that names them.",
  ),
  proxies: afterRestart(
    proxies,
    {},
    'By "host[:port]", the address of its proxy, or "direct". This comes before HTTPS_PROXY and its like.',
  ),
  foreignUrls: afterRestart(
    trueOrFalse,
    false,
    "Whether layers that their registry does not have are fetched from the urls of their descriptors.",
  ),
};

const policy: Declared<Settings["policy"]> = {
  file: afterRestart(
    absolutePath,
    "/etc/containers/policy.json",
    "A policy.json that says which images may come here. Where the default one is missing, all may; where another one is, none.",
  ),
  namespacesDir: afterRestart(
    absolutePath,
    "/etc/stowage/policies",
    'A directory of such files for Kubernetes namespaces: what is pulled for a pod in "team" is judged by "team.json" alone, where that is there.',
  ),
};

const pull: Declared<Settings["pull"]> = {
  concurrentLayers: atOnce(
    width,
    6,
    "Layers that are fetched and unpacked at once, of all pulls and all registries together.",
  ),
  concurrentLayersPerRegistry: atOnce(width, 3, "How many of these may come from one registry."),
  lease: atOnce(
    duration,
    "5m",
    "How long a finished pull holds what it brought, although somebody may remove the image.",
  ),
  cgroup: afterRestart(
    optional(cgroupPath),
    "",
    'A cgroup below the root of all, like "/stowage-pulls", in which layers are inflated and written, by a process of its own that is there while there is work: its limits on processors, memory and I/O hold for that, and the daemon answers whatever it is at. It is made where it is missing. Left empty, the daemon itself does it.',
  ),
  inactivity: atOnce(
    wait,
    "5m",
    'A pull in which nothing happens for so long is stopped, whatever it is at; to wait for its turn is no standstill. Registries may ask to wait for up to a minute before they are asked again, and are silent for up to half a minute for each try: with less, that is not waited out. With "0s" nothing is stopped.',
  ),
};

const limits: Declared<Settings["limits"]> = {
  layerBytes: afterRestart(
    size,
    "256 GiB",
    "What a layer may be, as plain tar and as its files read, holes included, before it counts as a trap and is refused.",
  ),
  layerEntries: afterRestart(count, 2_000_000, "How many entries a layer may have."),
  expansion: afterRestart(count, 2000, "Plain bytes for each compressed one, beyond the first GiB."),
  pathDepth: afterRestart(count, 512, "How many names a path in a layer may have."),
  headerBytes: afterRestart(size, "1 MiB", "What may stand before an entry: its PAX header or its long name."),
};

const runtime: Declared<Settings["runtime"]> = {
  cgroupDriver: afterRestart(
    oneOf("systemd", "cgroupfs"),
    "systemd",
    "What the kubelet is told that the container runtime uses.",
  ),
};

const entry: Declared<RuntimeSettings> = {
  snapshotter: afterRestart(
    optional(snapshotter),
    "",
    "How unpacked layers are kept for this handler. Left empty, as for the default handler.",
  ),
  platform: afterRestart(
    optional(platform),
    "",
    "The platform whose image this handler runs. Left empty, as for the default handler.",
  ),
};

/** Every key there is, in the order in which people are shown them. */
export const settingKeys: Declared<Settings> = {
  root: afterRestart(absolutePath, "/var/lib/stowage", "Where the store is."),
  address: afterRestart(socketPath, "/run/stowage/stowage.sock", "The path of the socket."),
  runRoot: afterRestart(
    absolutePath,
    "/run/stowage",
    "Where the root filesystems of containers are mounted, with the files that do not outlive a boot. It should be on a tmpfs. Stores may share it.",
  ),
  writableRoot: afterRestart(
    optional(absolutePath),
    "",
    "Where the writable layers of containers are: a directory for this store alone, on whatever file system. The kubelet is told of both file systems then. Left empty, it is in the store, beside the images.",
  ),
  durability: afterRestart(
    oneOf("full", "relaxed"),
    "full",
    'Whether what was done survives a power cut. With "relaxed", one may take about the last half minute.',
  ),
  snapshotter: afterRestart(
    snapshotter,
    "overlay",
    'How unpacked layers are kept: stacked by overlayfs, or, with "native", for where that does not work, each as a whole copy.',
  ),
  pinned: atOnce(
    listOf("a list of images", pinnedName),
    [],
    'Images that the kubelet may not collect: their names, or patterns in which "*" is any text, like "registry.example/system/*". A pattern is held against the whole name.',
  ),
  sandboxImage: atOnce(
    imageName,
    "registry.k8s.io/pause:3.10.1",
    "The image that the container runtime makes sandboxes of. It is always pinned.",
  ),
  stopTimeout: atOnce(
    wait,
    "20s",
    'How long pulls under way may go on when the daemon is told to stop, before they are cut off. With "0s" they are cut off at once.',
  ),
  socket,
  content,
  additionalStore,
  check,
  registry,
  policy,
  pull,
  limits,
  runtime,
  log: {
    level: atOnce(oneOf("debug", "info", "warn", "error"), "info", "The least that is written to the log."),
  },
  metrics: {
    address: afterRestart(
      optional(metricsAddress),
      "",
      'Where Prometheus finds metrics: the path of a unix socket, a port of this machine, like "127.0.0.1:9090" or "[::1]:9090", or "none". Left empty, it is a socket beside that of the daemon, with "-metrics" before its ".sock"; where that path would be longer than 107 bytes, there are no metrics.',
    ),
  },
  tracing: {
    endpoint: afterRestart(
      optional(collector),
      "",
      "The base URL of an OpenTelemetry collector that takes OTLP over HTTP. Left empty, there are no traces.",
    ),
  },
  runtimes: {
    names: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, { error: 'the name of a runtime handler, like "kata"' }),
    entry,
    means: "What is different for the images of a runtime handler. NAME is what a kubelet sends as the handler's name.",
    applies: "after a restart",
  },
};
