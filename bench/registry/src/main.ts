import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeScratch, median } from "@stowage/bench-lap";
import { type Contender, type Lap, runLap } from "./contender.ts";
import { startLocalRegistry } from "./local-registry.ts";

const { values } = parseArgs({
  options: { mebibytes: { type: "string", default: "1024" }, laps: { type: "string", default: "5" } },
});
const bytes = Number(values.mebibytes) * 1024 * 1024;

await using scratch = await makeScratch(5 * bytes + 1024 ** 3);
await using registry = await startLocalRegistry(scratch.directory, bytes);
const { host, layer } = registry;
const copies = join(scratch.directory, "copies");
const fetching = `${process.execPath} ${fileURLToPath(new URL("./fetch.js", import.meta.url))} ${host} ${layer.digest} ${layer.size}`;
const curl = `curl -sf http://${host}/v2/bench/blob/blobs/${layer.digest}`;

/** The first of each group is what the others are measured by. */
const groups: readonly (readonly Contender[])[] = [
  [
    { name: "curl | openssl sha256", command: `${curl} | openssl sha256 >&2` },
    { name: "curl | sha256sum", command: `${curl} | sha256sum >&2` },
    { name: "stowage, verified", command: fetching },
  ],
  [
    {
      name: "skopeo copy, to a directory",
      command: `skopeo copy -q --src-tls-verify=false docker://${host}/bench/blob:1 dir:${copies} >&2`,
    },
    { name: "stowage, into a store, durable", command: `${fetching} ${copies}` },
  ],
];

process.stdout.write(
  `One blob of ${values.mebibytes} MiB from docker-registry on loopback, ${values.laps} laps in turn, ` +
    `${scratch.isFresh ? "fresh ext4 on a loop device" : "the file system of the temporary directory"}\n\n`,
);
for (const group of groups) print(await race(group));

interface Standing {
  readonly name: string;
  readonly laps: readonly Lap[];
}

/** All contenders in turn, after one lap of each that does not count. */
async function race(contenders: readonly Contender[]): Promise<readonly Standing[]> {
  const laps = new Map<string, Lap[]>(contenders.map(({ name }) => [name, []]));
  for (let lap = 0; lap <= Number(values.laps); lap += 1) {
    for (const contender of contenders) {
      await rm(copies, { recursive: true, force: true });
      const run = await runLap(contender);
      if (lap > 0) laps.get(contender.name)?.push(run);
    }
  }
  return contenders.map(({ name }) => ({ name, laps: laps.get(name) ?? [] }));
}

function print(standings: readonly Standing[]): void {
  const [first] = standings;
  const measure = median((first?.laps ?? []).map(({ seconds }) => seconds));
  for (const { name, laps } of standings) {
    const seconds = laps.map((lap) => lap.seconds);
    const perGibibyte = (median(laps.map((lap) => lap.processorSeconds)) * 1024 ** 3) / bytes;
    const own = laps.flatMap((lap) => lap.own ?? []);
    const fetching = median(own.map((said) => said.seconds));
    const columns = [
      name.padEnd(32),
      `${median(seconds).toFixed(2)} s (${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)})`,
      `${Math.round(bytes / 1024 ** 2 / median(seconds))} MiB/s`,
      `${perGibibyte.toFixed(2)} CPU s/GiB`,
      `rate ${(measure / median(seconds)).toFixed(2)}`,
      ...(own.length === 0
        ? []
        : [
            `fetching ${fetching.toFixed(2)} s, rate ${(measure / fetching).toFixed(2)}`,
            `peak ${Math.max(...own.map((said) => said.peakMebibytes))} MiB`,
          ]),
    ];
    process.stdout.write(`${columns.join("  ")}\n`);
  }
  process.stdout.write("\n");
}
