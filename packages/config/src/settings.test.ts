import { expect, test } from "vitest";
import { decodeSettings, defaultSettings } from "./index.ts";

test("nothing set means the defaults", () => {
  expect(decodeSettings("", "stowage.toml")).toEqual(defaultSettings);
  expect(defaultSettings).toEqual({
    root: "/var/lib/stowage",
    address: "/run/stowage/stowage.sock",
    durability: "full",
    snapshotter: "overlay",
    content: { retain: "none", budget: 10 * 1024 ** 3, age: 86_400 },
    check: { rate: 20 * 1024 ** 2, interval: 604_800 },
    registry: {
      plainHttp: [],
      authFile: undefined,
      hostsDirs: ["/etc/stowage/certs.d", "/etc/containerd/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"],
      registriesConf: "/etc/containers/registries.conf",
      trustedRealms: [],
      proxies: {},
      foreignUrls: false,
    },
    pull: { concurrentLayers: 3, lease: 300 },
    limits: {
      layerBytes: 256 * 1024 ** 3,
      layerEntries: 2_000_000,
      expansion: 2000,
      pathDepth: 512,
      headerBytes: 1024 ** 2,
    },
    runtime: { cgroupDriver: "systemd" },
  });
});

test("reads every key", () => {
  const text = `
    root = "/srv/images"
    address = "/run/images.sock"
    durability = "relaxed"
    snapshotter = "native"
    [content]
    retain = "budget"
    budget = "2 GiB"
    age = "3d"
    [check]
    rate = "1 MiB"
    interval = "12h"
    [registry]
    plain_http = ["localhost:5000", "[::1]:5000"]
    auth_file = "/etc/stowage/auth.json"
    hosts_dirs = ["/srv/certs.d"]
    registries_conf = "/srv/registries.conf"
    trusted_realms = ["auth.example", "http://10.0.0.5:5001"]
    foreign_urls = true
    [registry.proxies]
    "ghcr.io" = "http://me:pw@proxy.example:3128"
    "registry.example:5000" = "direct"
    [pull]
    concurrent_layers = 8
    lease = "90s"
    [limits]
    layer_bytes = "20 GiB"
    layer_entries = 1000
    expansion = 100
    path_depth = 64
    header_bytes = "64 KiB"
    [runtime]
    cgroup_driver = "cgroupfs"
  `;
  expect(decodeSettings(text, "stowage.toml")).toEqual({
    root: "/srv/images",
    address: "/run/images.sock",
    durability: "relaxed",
    snapshotter: "native",
    content: { retain: "budget", budget: 2 * 1024 ** 3, age: 3 * 86_400 },
    check: { rate: 1024 ** 2, interval: 43_200 },
    registry: {
      plainHttp: ["localhost:5000", "[::1]:5000"],
      authFile: "/etc/stowage/auth.json",
      hostsDirs: ["/srv/certs.d"],
      registriesConf: "/srv/registries.conf",
      trustedRealms: ["auth.example", "http://10.0.0.5:5001"],
      proxies: { "ghcr.io": "http://me:pw@proxy.example:3128", "registry.example:5000": "direct" },
      foreignUrls: true,
    },
    pull: { concurrentLayers: 8, lease: 90 },
    limits: {
      layerBytes: 20 * 1024 ** 3,
      layerEntries: 1000,
      expansion: 100,
      pathDepth: 64,
      headerBytes: 64 * 1024,
    },
    runtime: { cgroupDriver: "cgroupfs" },
  });
});

test.for([
  { text: 'root = "images"', says: /line 1: "root" is not what was expected: an absolute path/ },
  { text: "root = 5", says: /line 1: "root" is not what was expected: .*string/ },
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
  { text: '[pull]\nlease = "soon"', says: /line 2: "pull.lease" .*a duration, like "90s"/ },
  { text: '[runtime]\ncgroup_driver = "none"', says: /line 2: "runtime.cgroup_driver" .*"systemd" or "cgroupfs"/ },
  { text: '[registry]\nplain_http = "localhost"', says: /line 2: "registry.plain_http" .*a list of hosts/ },
  { text: '[registry]\nplain_http = ["http://localhost"]', says: /line 2: "registry.plain_http.0" .*a host/ },
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
