import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  dictionary,
  nat,
  option,
  record,
  stringMatching,
} from "fast-check";
import type { Settings } from "./index.ts";

const path = stringMatching(/^\/[a-z"\\ \n\x7fé]{0,10}$/);
const hosts = array(stringMatching(/^[a-z]{1,5}(:[0-9]{1,4})?$/), { maxLength: 3 });
const sizes = nat(999_999_999).chain((amount) => constantFrom(amount, amount * 1024, amount * 1024 ** 3));
const durations = nat(9_999_999);
const counts = nat(1_000_000).map((amount) => amount + 1);
const widths = nat(63).map((amount) => amount + 1);
const perhaps = <T>(values: Arbitrary<T>): Arbitrary<T | undefined> => option(values, { nil: undefined });
/** As settings that were read are. */
const plain = { noNullPrototype: true } as const;
const snapshotter = constantFrom("overlay", "native");

/** Settings that TOML can say, of every kind. */
export const anySettings: Arbitrary<Settings> = record({
  root: path,
  runRoot: path,
  writableRoot: perhaps(path),
  address: path,
  durability: constantFrom("full", "relaxed"),
  snapshotter,
  pinned: array(stringMatching(/^[a-z*]{1,4}\/[a-z*]{1,4}$/), { maxLength: 3 }),
  sandboxImage: stringMatching(/^[a-z]{1,5}\/[a-z]{1,5}:[a-z0-9]{1,5}$/),
  stopTimeout: nat(24 * 86_400),
  socket: record({ owner: perhaps(stringMatching(/^[a-z]{1,5}$/)), group: perhaps(constant("0")) }),
  content: record({ retain: constantFrom("none", "budget", "all"), budget: sizes, age: durations }),
  additionalStore: record({ publish: boolean(), consumers: array(path, { maxLength: 2 }) }),
  check: record({ rate: sizes, interval: durations }),
  registry: record({
    plainHttp: hosts,
    authFile: perhaps(path),
    namespacedAuthDir: perhaps(path),
    hostsDirs: array(path, { maxLength: 3 }),
    registriesConf: path,
    defaultTransport: constantFrom("docker://", "dir:/srv/images/", "oci:/srv/layout:"),
    shortNameAliases: path,
    trustedRealms: hosts,
    proxies: dictionary(stringMatching(/^[a-z]{1,5}(\.[a-z]{1,3})?$/), constantFrom("direct", "http://proxy:1"), plain),
    foreignUrls: boolean(),
  }),
  policy: record({ file: path, namespacesDir: path }),
  pull: record({
    concurrentLayers: widths,
    concurrentLayersPerRegistry: widths,
    lease: durations,
    cgroup: perhaps(stringMatching(/^\/[a-z]{1,5}\.slice$/)),
    inactivity: nat(24 * 86_400),
  }),
  limits: record({
    layerBytes: sizes,
    layerEntries: counts,
    expansion: counts,
    pathDepth: counts,
    headerBytes: sizes,
  }),
  runtime: record({ cgroupDriver: constantFrom("systemd", "cgroupfs") }),
  log: record({ level: constantFrom("debug", "info", "warn", "error") }),
  metrics: record({ address: perhaps(constantFrom("none", "127.0.0.1:9090", "/run/m.sock")) }),
  tracing: record({ endpoint: perhaps(constant("https://collector.example/otlp")) }),
  runtimes: dictionary(
    stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,5}$/),
    record({ snapshotter: perhaps(snapshotter), platform: perhaps(constant("linux/arm64")) }, plain),
    { ...plain, maxKeys: 3 },
  ),
});
