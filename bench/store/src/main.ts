import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { containerd, type DaemonCommand, makeScratch, startDockerRegistry, stowage } from "@stowage/bench-lap";
import { measure, measurePulls } from "./figures.ts";
import { pushSmallImages } from "./small-images.ts";
import { formatTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "1000" },
    peer: { type: "string" },
    durability: { type: "boolean", default: false },
  },
});
const peers: Readonly<Record<string, Prepare>> = { containerd };

await using shelf = await makeScratch(diskBytes());
await using registry = await startDockerRegistry(shelf.directory);
const images = await pushSmallImages(registry.host, Number(values.images));
execFileSync("sync");
const disk = shelf.isFresh ? "fresh ext4 on a loop device" : "the file system of the temporary directory";
process.stdout.write(`${values.images} small images from docker-registry on loopback, ${disk}\n\n`);
await (values.durability ? compareDurability() : compareFigures(values.peer));

type Prepare = (directory: string, registry: string) => Promise<DaemonCommand>;

async function compareFigures(peer: string | undefined): Promise<void> {
  const preparePeer = peer === undefined ? undefined : peers[peer];
  if (peer !== undefined && preparePeer === undefined) throw new Error(`There is no peer "${peer}"`);
  const figures = await onFreshDisk(stowage, (command) => measure(command, images));
  const theirs = preparePeer && (await onFreshDisk(preparePeer, (command) => measure(command, images)));
  process.stdout.write(formatTable(figures, theirs && { name: peer ?? "", figures: theirs }));
}

async function compareDurability(): Promise<void> {
  for (const durability of ["full", "relaxed"] as const) {
    const { pullsPerSecond } = await onFreshDisk(
      (directory, host) => stowage(directory, host, durability),
      (command) => measurePulls(command, images),
    );
    process.stdout.write(`pulls, four at once, ${durability.padEnd(8)} ${pullsPerSecond.toFixed(1)}/s\n`);
  }
}

/** Runs a lap with a disk of its own, gone after it. */
async function onFreshDisk<Result>(
  prepare: Prepare,
  run: (command: DaemonCommand) => Promise<Result>,
): Promise<Result> {
  await using scratch = await makeScratch(diskBytes());
  return await run(await prepare(scratch.directory, registry.host));
}

/** Room for the images, of some tens of KiB each as files, and for what a file system needs itself. */
function diskBytes(): number {
  return 1024 ** 3 + Number(values.images) * 512 * 1024;
}
