import { startDockerRegistry } from "@stowage/bench-lap";
import { openHttpRegistry } from "@stowage/registry-http";
import { type CommandLine, UsageError } from "./command-line.ts";
import type { Contender } from "./contender.ts";
import { pushImage } from "./images/push-image.ts";
import { missingPrograms } from "./programs.ts";
import { type Lap, race } from "./race.ts";
import { describeMachine, type ImageResult, type Result, resultOf } from "./result.ts";
import { openShelf } from "./shelf.ts";

export interface CompareOptions {
  /** For people: how far it is. */
  readonly tell: (line: string) => void;
  readonly onImage: ((image: ImageResult) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Has all contenders pull all images from a registry of its own. */
export async function compare(
  { images, contenders, runs, shelf: path }: Omit<CommandLine, "json">,
  { tell, onImage, signal }: CompareOptions,
): Promise<Result> {
  await verifyMachine();
  const ready = await presentContenders(contenders, tell);
  await using shelf = await openShelf(path);
  await using registry = await startDockerRegistry(shelf.directory);
  await using client = openHttpRegistry({ plainHttp: () => true });
  const pantry = { registry: client, domain: registry.host, directory: shelf.workplace };
  const results: ImageResult[] = [];
  for (const name of images) {
    tell(`${name}: looking for it, or making it`);
    const image = await pushImage(pantry, name, { signal });
    const onLap = (lap: Lap): void => tell(`${name}: ${describeLap(lap)}`);
    const result = resultOf(image, await race({ registry, image }, ready, { runs, signal, onLap }));
    onImage?.(result);
    results.push(result);
  }
  return { machine: describeMachine(), runs, images: results };
}

async function verifyMachine(): Promise<void> {
  if (process.getuid?.() !== 0) throw new UsageError("It takes root to mount the disks of the laps");
  const missing = await missingPrograms(["docker-registry", "debootstrap", "mkfs.ext4", "time"]);
  if (missing.length > 0) throw new UsageError(`There is no ${missing.join(", no ")}`);
}

/** Those whose programs are here; of the others it is told what they need. */
async function presentContenders(
  chosen: readonly Contender[],
  tell: CompareOptions["tell"],
): Promise<readonly Contender[]> {
  const present: Contender[] = [];
  for (const contender of chosen) {
    const missing = await missingPrograms(contender.needs);
    if (missing.length === 0) present.push(contender);
    else tell(`Going on without ${contender.name}: there is no ${missing.join(", no ")}`);
  }
  return present;
}

function describeLap({ contender, run, costs }: Lap): string {
  const { user, system } = costs.processor;
  const processor = `${(user + system).toFixed(2)} s CPU (${user.toFixed(2)} + ${system.toFixed(2)})`;
  return `run ${run}, ${contender}: ${costs.seconds.toFixed(2)} s, ${processor}, ${costs.peakMebibytes.toFixed(0)} MiB`;
}
