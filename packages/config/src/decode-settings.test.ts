import { StowageError } from "@stowage/errors";
import { formatToml } from "@stowage/toml";
import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { expect, test } from "vitest";
import { decodeSettings, defaultSettings, mergeSettings } from "./index.ts";

test("nothing set means the defaults", () => {
  expect(decodeSettings("", "stowage.toml")).toEqual(defaultSettings);
  expect(defaultSettings).toEqual({
    root: "/var/lib/stowage",
    address: "/run/stowage/stowage.sock",
    runRoot: "/run/stowage",
    durability: "full",
    snapshotter: "overlay",
    pinned: [],
    sandboxImage: "registry.k8s.io/pause:3.10.1",
    stopTimeout: 20,
    socket: { owner: undefined, group: undefined },
    content: { retain: "none", budget: 10 * 1024 ** 3, age: 86_400 },
    additionalStore: { publish: true, consumers: ["/var/lib/containers/storage"] },
    check: { rate: 20 * 1024 ** 2, interval: 604_800 },
    registry: {
      plainHttp: [],
      authFile: undefined,
      namespacedAuthDir: "/etc/stowage/auth",
      hostsDirs: ["/etc/stowage/certs.d", "/etc/containerd/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"],
      registriesConf: "/etc/containers/registries.conf",
      defaultTransport: "docker://",
      shortNameAliases: "/var/cache/containers/short-name-aliases.conf",
      trustedRealms: [],
      proxies: {},
      foreignUrls: false,
    },
    policy: { file: "/etc/containers/policy.json", namespacesDir: "/etc/stowage/policies" },
    pull: { concurrentLayers: 6, concurrentLayersPerRegistry: 3, lease: 300, cgroup: undefined, inactivity: 300 },
    limits: {
      layerBytes: 256 * 1024 ** 3,
      layerEntries: 2_000_000,
      expansion: 2000,
      pathDepth: 512,
      headerBytes: 1024 ** 2,
    },
    runtime: { cgroupDriver: "systemd" },
    log: { level: "info" },
    metrics: { address: undefined },
    tracing: { endpoint: undefined },
    runtimes: {},
  });
});

test("reads every key", () => {
  const text = `
    root = "/srv/images"
    address = "/run/images.sock"
    run_root = "/run/images"
    durability = "relaxed"
    snapshotter = "native"
    pinned = ["registry.example/system/*", "*/agent:v1"]
    sandbox_image = "registry.example/pause:1"
    stop_timeout = "0s"
    [socket]
    owner = "1000"
    group = "image-users"
    [content]
    retain = "budget"
    budget = "2 GiB"
    age = "3d"
    [additional_store]
    publish = false
    consumers = ["/srv/podman"]
    [check]
    rate = "1 MiB"
    interval = "12h"
    [registry]
    plain_http = ["localhost:5000", "[::1]:5000"]
    auth_file = "/etc/stowage/auth.json"
    namespaced_auth_dir = "/etc/crio/auth"
    hosts_dirs = ["/srv/certs.d"]
    registries_conf = "/srv/registries.conf"
    default_transport = "oci:/srv/layout:"
    short_name_aliases = "/srv/aliases.conf"
    trusted_realms = ["auth.example", "http://10.0.0.5:5001"]
    foreign_urls = true
    [registry.proxies]
    "ghcr.io" = "http://me:pw@proxy.example:3128"
    "registry.example:5000" = "direct"
    [policy]
    file = "/srv/policy.json"
    namespaces_dir = "/srv/policies"
    [pull]
    concurrent_layers = 8
    concurrent_layers_per_registry = 2
    lease = "90s"
    inactivity = "30s"
    cgroup = "/pulls.slice"
    [limits]
    layer_bytes = "20 GiB"
    layer_entries = 1000
    expansion = 100
    path_depth = 64
    header_bytes = "64 KiB"
    [runtime]
    cgroup_driver = "cgroupfs"
    [log]
    level = "debug"
    [metrics]
    address = "localhost:9090"
    [tracing]
    endpoint = "http://collector.example:4318"
    [runtimes.kata]
    snapshotter = "native"
    [runtimes."wasm.v1"]
    platform = "wasi/wasm"
  `;
  expect(decodeSettings(text, "stowage.toml")).toEqual({
    root: "/srv/images",
    address: "/run/images.sock",
    runRoot: "/run/images",
    durability: "relaxed",
    snapshotter: "native",
    pinned: ["registry.example/system/*", "*/agent:v1"],
    sandboxImage: "registry.example/pause:1",
    stopTimeout: 0,
    socket: { owner: "1000", group: "image-users" },
    content: { retain: "budget", budget: 2 * 1024 ** 3, age: 3 * 86_400 },
    additionalStore: { publish: false, consumers: ["/srv/podman"] },
    check: { rate: 1024 ** 2, interval: 43_200 },
    registry: {
      plainHttp: ["localhost:5000", "[::1]:5000"],
      authFile: "/etc/stowage/auth.json",
      namespacedAuthDir: "/etc/crio/auth",
      hostsDirs: ["/srv/certs.d"],
      registriesConf: "/srv/registries.conf",
      defaultTransport: "oci:/srv/layout:",
      shortNameAliases: "/srv/aliases.conf",
      trustedRealms: ["auth.example", "http://10.0.0.5:5001"],
      proxies: { "ghcr.io": "http://me:pw@proxy.example:3128", "registry.example:5000": "direct" },
      foreignUrls: true,
    },
    policy: { file: "/srv/policy.json", namespacesDir: "/srv/policies" },
    pull: { concurrentLayers: 8, concurrentLayersPerRegistry: 2, lease: 90, cgroup: "/pulls.slice", inactivity: 30 },
    limits: {
      layerBytes: 20 * 1024 ** 3,
      layerEntries: 1000,
      expansion: 100,
      pathDepth: 64,
      headerBytes: 64 * 1024,
    },
    runtime: { cgroupDriver: "cgroupfs" },
    log: { level: "debug" },
    metrics: { address: "localhost:9090" },
    tracing: { endpoint: "http://collector.example:4318" },
    runtimes: {
      kata: { snapshotter: "native", platform: undefined },
      "wasm.v1": { snapshotter: undefined, platform: "wasi/wasm" },
    },
  });
});

test.for([
  { text: 'root = "images"', says: /line 1: "root" is not what was expected: an absolute path/ },
  { text: "root = 5", says: /line 1: "root" is not what was expected: an absolute path/ },
  { text: "[pull]\nconcurrent_layers = 0", says: /line 2: "pull.concurrent_layers" .*a whole number from 1 to 64/ },
  {
    text: '[pull]\nconcurrent_layers = "many"',
    says: /line 2: "pull.concurrent_layers" .*a whole number from 1 to 64/,
  },
  { text: "[limits]\nlayer_entries = 0", says: /line 2: "limits.layer_entries" .*a whole number above 0/ },
  { text: "[limits]\nlayer_bytes = 20", says: /line 2: "limits.layer_bytes" .*a size, like "512 MiB"/ },
  { text: 'snapshotter = "btrfs"', says: /line 1: "snapshotter" .*"overlay" or "native"/ },
  { text: 'durability = "most"', says: /line 1: "durability" .*"full" or "relaxed"/ },
  { text: '[content]\nretain = "some"', says: /line 2: "content.retain" .*"none", "budget" or "all"/ },
  { text: "[content]\nbudget = 5", says: /line 2: "content.budget" .*a size, like "512 MiB"/ },
  { text: '[content]\nbudget = "5 GB"', says: /line 2: "content.budget" .*a size, like "512 MiB"/ },
  { text: '[pull]\ncgroup = "/a/../b"', says: /line 2: "pull.cgroup" .*the path of a cgroup, like "\/stowage-pulls"/ },
  { text: '[pull]\ncgroup = "/"', says: /line 2: "pull.cgroup"/ },
  { text: '[pull]\nlease = "soon"', says: /line 2: "pull.lease" .*a duration, like "90s"/ },
  { text: '[runtime]\ncgroup_driver = "none"', says: /line 2: "runtime.cgroup_driver" .*"systemd" or "cgroupfs"/ },
  { text: '[registry]\nplain_http = "localhost"', says: /line 2: "registry.plain_http" .*a list of hosts/ },
  { text: '[registry]\nplain_http = ["http://localhost"]', says: /line 2: "registry.plain_http.0" .*a host/ },
  { text: "pull = 5", says: /line 1: "pull" is not what was expected: a table$/ },
  { text: 'pinned = "a"', says: /line 1: "pinned" .*a list of images/ },
  { text: 'sandbox_image = "Pause:"', says: /line 1: "sandbox_image" .*the name of an image/ },
  { text: 'stop_timeout = "-1s"', says: /line 1: "stop_timeout" .*a duration/ },
  { text: 'stop_timeout = "25d"', says: /line 1: "stop_timeout" .*a duration of at most 24d$/ },
  { text: `address = "/${"é".repeat(54)}"`, says: /line 1: "address" .*an absolute path of at most 107 bytes/ },
  { text: `metrics.address = "/${"a".repeat(107)}"`, says: /"metrics.address" .*path of at most 107 bytes/ },
  { text: `pinned = ["a/${"*".repeat(9)}"]`, says: /line 1: "pinned.0" .*a pattern with at most 8 stars/ },
  { text: '[socket]\ngroup = "two words"', says: /line 2: "socket.group" .*a name or a number, like "kubelet"/ },
  { text: '[socket]\nowner = "4294967295"', says: /line 2: "socket.owner" .*a name or a number/ },
  {
    text: "[pull]\nconcurrent_layers_per_registry = 65",
    says: /line 2: "pull.concurrent_layers_per_registry" .*from 1 to 64/,
  },
  { text: '[log]\nlevel = "trace"', says: /line 2: "log.level" .*"debug", "info", "warn" or "error"/ },
  { text: '[tracing]\nendpoint = "http://me:hunter2@x"', says: /line 2: "tracing.endpoint" .*without credentials/ },
  { text: '[tracing]\nendpoint = "collector:4317"', says: /line 2: "tracing.endpoint" .*an http or https URL/ },
  { text: '[runtimes.kata]\nplatform = "linux"', says: /line 2: "runtimes.kata.platform" .*os\/architecture/ },
  { text: "[runtimes.kata]\nsnapshoter = 1", says: /line 2: .*"runtimes.kata.snapshoter"; perhaps "snapshotter"/ },
  { text: '[runtimes]\nkata = "native"', says: /line 2: "runtimes.kata" .*a table$/ },
  { text: '[runtimes."-x"]', says: /line 1: "runtimes.-x" .*the name of a runtime handler/ },
  { text: '[registry.proxies]\n"http://x" = "direct"', says: /line 2: "registry.proxies.http:\/\/x" .*a host/ },
  { text: "adress = 1", says: /line 1: there is no key "adress"; perhaps "address"/ },
  {
    text: "[pull]\nconcurrent_layer = 1",
    says: /line 2: there is no key "pull.concurrent_layer"; perhaps "concurrent_layers"/,
  },
  { text: "[zzzzzzzz]", says: /line 1: there is no key "zzzzzzzz"$/ },
  { text: "root = ", says: /line 1, column \d+/ },
])("refuses $text and says where and why", ({ text, says }) => {
  expect(() => decodeSettings(text, "a.toml")).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.stringMatching(says) }),
  );
  expect(() => decodeSettings(text, "a.toml")).toThrow('Cannot read settings "a.toml": ');
});

test.for(["", "*", "**", "a b", "a\tb", "UPPER/Case", "a//b", "a@sha256:short", "0".repeat(64), "a/*?", "a/*é"])(
  "takes %j for no pinned name",
  (name) => {
    expect(() => decodeSettings(`pinned = ["fine", ${JSON.stringify(name)}]`, "a.toml")).toThrow(
      'line 1: "pinned.1" is',
    );
  },
);

test.for([
  "alpine",
  "Registry.example:5000/a/b:V1",
  `a@sha256:${"0".repeat(64)}`,
  `sha256:${"0".repeat(64)}`,
  "[::1]:5000/*",
  "*/agent_x:V1*",
  `a@sha256:${"0".repeat(9)}*`,
  "a/********",
])("takes %j for a pinned name", (name) => {
  expect(decodeSettings(`pinned = [${JSON.stringify(name)}]`, "a.toml").pinned).toEqual([name]);
});

test("takes the longest waits and paths that there can be", () => {
  const path = `/${"a".repeat(106)}`;
  expect(decodeSettings(`stop_timeout = "24d"\naddress = "${path}"\nmetrics.address = "${path}"`, "a.toml")).toEqual({
    ...defaultSettings,
    stopTimeout: 24 * 86_400,
    address: path,
    metrics: { address: path },
  });
});

test.for(["0.0.0.0:9090", "10.0.0.5:9090", "[::]:9090", "example:9090", ":9090", "127.0.0.1", "127.0.0.1:65536"])(
  "serves metrics on loopback only, and not on %s",
  (address) => {
    expect(() => decodeSettings(`[metrics]\naddress = "${address}"`, "a.toml")).toThrow(/loopback/);
  },
);

test.for(["registry.auth_file", "socket.owner", "metrics.address", "tracing.endpoint"])(
  "an empty %s is as good as none",
  (key) => {
    expect(decodeSettings(`${key} = ""`, "a.toml")).toEqual(defaultSettings);
  },
);

test("a later file goes before an earlier one key by key, tables are merged and lists replaced", () => {
  const { settings, origins } = mergeSettings([
    {
      name: "a.toml",
      text: `
        pinned = ["one", "two"]
        pull.lease = "1m"
        registry = { auth_file = "/a.json", proxies = { "a.example" = "direct", "b.example" = "direct" } }
        [runtimes.kata]
        snapshotter = "native"
      `,
    },
    {
      name: "b.toml",
      text: `
        pinned = ["three"]
        pull.concurrent_layers = 1
        registry = { auth_file = "", proxies = { "b.example" = "http://proxy" } }
        [runtimes.kata]
        platform = "linux/arm64"
      `,
    },
  ]);
  expect(settings).toEqual({
    ...defaultSettings,
    pinned: ["three"],
    pull: { ...defaultSettings.pull, lease: 60, concurrentLayers: 1 },
    registry: { ...defaultSettings.registry, proxies: { "a.example": "direct", "b.example": "http://proxy" } },
    runtimes: { kata: { snapshotter: "native", platform: "linux/arm64" } },
  });
  expect(Object.fromEntries(origins)).toEqual({
    pinned: "b.toml",
    "pull.lease": "a.toml",
    "pull.concurrent_layers": "b.toml",
    "registry.auth_file": "b.toml",
    "registry.proxies.a.example": "a.toml",
    "registry.proxies.b.example": "b.toml",
    "runtimes.kata.snapshotter": "a.toml",
    "runtimes.kata.platform": "b.toml",
  });
});

test("each file is checked on its own, and a mistake in one is told with its name", () => {
  const good = { name: "a.toml", text: 'root = "/srv"' };
  const bad = { name: "conf.d/b.toml", text: "\nrot = 1" };
  expect(() => mergeSettings([good, bad])).toThrow(
    'Cannot read settings "conf.d/b.toml": line 2: there is no key "rot"; perhaps "root"',
  );
  expect(() => mergeSettings([{ ...good, text: "root = 1" }, { ...good }])).toThrow(StowageError);
});

test("any value of any key gives settings or a StowageError", () => {
  const keys = constantFrom(
    "root",
    "pinned",
    "sandbox_image",
    "stop_timeout",
    "socket.owner",
    "registry.plain_http",
    "registry.proxies.x",
    "metrics.address",
    "tracing.endpoint",
    "runtimes.x.platform",
  );
  const texts = oneof(
    string({ unit: "binary" }),
    array(constantFrom("http://", "[::1]", "localhost", ":", "/", "@", "*", "80", "a", " "), { maxLength: 6 }).map(
      (parts) => parts.join(""),
    ),
  );
  assert(
    property(keys, oneof(texts, array(texts)), (key, value) => {
      try {
        decodeSettings(`${key} = ${formatToml(value)}`, "a.toml");
      } catch (error) {
        expect(error).toBeInstanceOf(StowageError);
      }
    }),
  );
});
