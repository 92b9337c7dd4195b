import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { FilesystemUsage } from "@stowage/cri-api";
import type { Case } from "./case.ts";
import { DifferenceError, expectEqual, expectThat } from "./expectation.ts";

export const fsInfoCases: readonly Case[] = [
  {
    name: "ImageFsInfo tells the file system of the images",
    source: "cri-v1 rule 4.19",
    async run({ client }) {
      await expectUsage((await client.fsInfo()).imageFilesystems);
    },
  },
  {
    name: "ImageFsInfo tells the file system of the containers",
    source: "KEP-4191",
    async run({ client }) {
      await expectUsage((await client.fsInfo()).containerFilesystems);
    },
  },
  {
    name: "ImageFsInfo tells its time anew with each call",
    source: "cri-v1 3.6",
    async run({ client }) {
      const before = BigInt(Date.now() - maxAgeMilliseconds) * nanosecondsPerMillisecond;
      const [usage] = (await client.fsInfo()).imageFilesystems;
      expectThat("a timestamp of the last minute", (usage?.timestamp ?? 0n) >= before, usage?.timestamp);
    },
  },
  {
    name: "ImageFsInfo counts what a pull brought",
    source: "cri-v1 rule 4.19",
    async run({ client, offer }) {
      const used = async () => (await client.fsInfo()).imageFilesystems[0]?.usedBytes?.value ?? 0n;
      const before = await used();
      await client.pull(offer().name);
      const until = performance.now() + monitorMilliseconds;
      while ((await used()) <= before && performance.now() < until) await delay(200);
      const after = await used();
      expectThat("more used bytes soon after a pull than before", after > before, { before, after });
    },
  },
];

/** A service may collect in the background, but not more rarely than the kubelet looks. */
const maxAgeMilliseconds = 60_000;

/** The kubelet looks as often as this whether it has to evict (`pkg/kubelet/eviction`, `monitoringInterval`). */
const monitorMilliseconds = 10_000;
const nanosecondsPerMillisecond = 1_000_000n;

/** One file system, with a time, a directory that is there, and a number of bytes. */
export async function expectUsage(usages: readonly FilesystemUsage[]): Promise<void> {
  expectEqual("the number of file systems:", usages.length, 1);
  const [usage] = usages;
  expectThat("a timestamp above 0", (usage?.timestamp ?? 0n) > 0n, usage?.timestamp);
  expectThat("used_bytes", usage?.usedBytes !== undefined, usage);
  const mountpoint = usage?.fsId?.mountpoint ?? "";
  expectThat("an absolute mountpoint", isAbsolute(mountpoint), mountpoint);
  const isThere = await stat(mountpoint).then(
    () => true,
    () => false,
  );
  if (!isThere) throw new DifferenceError("a mountpoint that is there", mountpoint);
}
