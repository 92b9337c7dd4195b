/** What can be set, with every default filled in. */
export interface Settings {
  /** Where the store is. */
  readonly root: string;
  /** The path of the socket. */
  readonly address: string;
  /** Where that is of containers which a boot of the machine ends: mounts, and files that runtimes keep while they run. */
  readonly runRoot: string;
  /** Where the writable layers of containers are; in the store, where it is left out. */
  readonly writableRoot: string | undefined;
  /** Whether what was done survives a power cut, or what the kernel had time for. */
  readonly durability: "full" | "relaxed";
  /** How unpacked layers are kept: stacked by overlayfs, or each as a whole copy, where that does not work. */
  readonly snapshotter: "overlay" | "native";
  /** Images that a kubelet may not collect: names, or patterns of whole names in which a `*` is any text. */
  readonly pinned: readonly string[];
  /** The image that the runtime makes sandboxes of, which is always pinned. */
  readonly sandboxImage: string;
  /** Seconds for which pulls under way may go on when the daemon is told to stop. */
  readonly stopTimeout: number;
  readonly socket: {
    /** The user, by name or number, that the socket is given to. */
    readonly owner: string | undefined;
    /** The group, by name or number, that the socket is given to, and that may open it too. */
    readonly group: string | undefined;
  };
  readonly content: {
    /** Whether blobs of layers stay once the layers are unpacked: not at all, within the budget, or always. */
    readonly retain: "none" | "budget" | "all";
    /** Bytes that may be kept of what no image needs: such blobs, and what failed pulls left for their retry. */
    readonly budget: number;
    /** Seconds after which nothing of that is kept. */
    readonly age: number;
  };
  /** How podman, CRI-O, buildah and skopeo read the images where they are, with `<root>/storage` as an additional image store. */
  readonly additionalStore: {
    /** Whether they are told of the images. */
    readonly publish: boolean;
    /** Their storages: layers on which containers there stand are not taken away. */
    readonly consumers: readonly string[];
  };
  readonly check: {
    /** Bytes a second that are read in the background to see whether all is well. */
    readonly rate: number;
    /** Seconds from one such look to the next. */
    readonly interval: number;
  };
  readonly registry: {
    /** What goes before a name that says no transport: `docker://`, or an archive or a directory that has the images. */
    readonly defaultTransport: string;
    /** Hosts, `host[:port]`, that are spoken to over http. */
    readonly plainHttp: readonly string[];
    /** A docker `config.json` or podman `auth.json` for pulls that bring no credential of their own. */
    readonly authFile: string | undefined;
    /** A directory of auth files for single pulls in Kubernetes namespaces. */
    readonly namespacedAuthDir: string | undefined;
    /** Directories with one for each host: containerd's `hosts.toml`, or docker's certificates. The first that has it decides. */
    readonly hostsDirs: readonly string[];
    /** A `registries.conf`; its drop-ins are in the directory of the same name with `.d` behind it. */
    readonly registriesConf: string;
    /** A file with the aliases of short names that tools have learnt, which come before those of `registriesConf`. */
    readonly shortNameAliases: string;
    /** Token servers, hosts or whole origins, that get the credentials of any registry that names them. */
    readonly trustedRealms: readonly string[];
    /** The proxy for a `host[:port]`, or `direct`; it comes before HTTP_PROXY and its like. */
    readonly proxies: Readonly<Record<string, string>>;
    /** Whether layers that their registry does not have are fetched from the `urls` of their descriptors. */
    readonly foreignUrls: boolean;
  };
  readonly policy: {
    /** A policy.json (containers-policy.json(5)), which says what may come here. */
    readonly file: string;
    /** A directory in which `<namespace>.json` is the policy of a Kubernetes namespace instead. */
    readonly namespacesDir: string;
  };
  readonly pull: {
    /** Layers, of all pulls together, that are fetched and unpacked at once. */
    readonly concurrentLayers: number;
    /** Of these, how many may come from one registry. */
    readonly concurrentLayersPerRegistry: number;
    /** Seconds for which a finished pull holds what it brought, although somebody may remove the image. */
    readonly lease: number;
    /** The cgroup, as in /proc/<pid>/cgroup, of the process that unpacks; left out, the daemon itself does. */
    readonly cgroup: string | undefined;
    /** Seconds for which nothing may happen in a pull before it is stopped; 0 is for ever. */
    readonly inactivity: number;
  };
  /** What a layer may be before it counts as a trap and is refused. */
  readonly limits: {
    /** Bytes of its plain tar, and of its files as they read, holes included. */
    readonly layerBytes: number;
    readonly layerEntries: number;
    /** Plain bytes for each compressed one, beyond the first GiB. */
    readonly expansion: number;
    /** Names in a path. */
    readonly pathDepth: number;
    /** Bytes of what stands before an entry: its PAX header or its long name. */
    readonly headerBytes: number;
  };
  readonly runtime: {
    /** What the kubelet is told that the container runtime uses. */
    readonly cgroupDriver: "systemd" | "cgroupfs";
  };
  readonly log: {
    /** The least that is told. */
    readonly level: "debug" | "info" | "warn" | "error";
  };
  readonly metrics: {
    /** A path, `host:port` of loopback, or `none`; see `metricsAddressOf`. */
    readonly address: string | undefined;
  };
  readonly tracing: {
    /** The base URL of an OpenTelemetry collector that takes OTLP over HTTP. */
    readonly endpoint: string | undefined;
  };
  /** By the name that a kubelet sends as the runtime handler; what is left out is as for the default handler. */
  readonly runtimes: Readonly<Record<string, RuntimeSettings>>;
}

export interface RuntimeSettings {
  readonly snapshotter: "overlay" | "native" | undefined;
  /** `os/architecture[/variant]` */
  readonly platform: string | undefined;
}
