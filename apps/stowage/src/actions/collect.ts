import type { Collectable, CollectReason } from "@stowage/image-service";
import { describeHolder } from "../output/describe-holder.ts";
import { formatBytes } from "../output/format-size.ts";
import type { Cell, Screen } from "../output/screen.ts";
import { shortDigest } from "../output/short-digest.ts";
import type { Call } from "../verbs/call.ts";

export interface GcOptions {
  readonly dryRun?: boolean;
}

/** Collects, or says what that would do, and prints it. */
export async function collect(call: Call<GcOptions>): Promise<void> {
  const { signal } = call;
  const dryRun = call.options.dryRun === true;
  await using open = await call.open();
  const { gone, kept } = await open.images.collect({ signal, dryRun });
  const freed = { bytes: sumOf(gone, "bytes"), inodes: sumOf(gone, "inodes") };
  const verdict = `${dryRun ? "would free" : "freed"} ${formatBytes(freed.bytes)}`;
  call.print({
    one: { dryRun, freed, gone: gone.map(thingJson), kept: kept.map(thingJson) },
    screen: () => [...tableOf(gone, dryRun ? "would go" : "went"), ...tableOf(kept, "stays"), verdict],
  });
}

function sumOf(things: readonly Collectable[], what: "bytes" | "inodes"): number {
  return things.reduce((sum, thing) => sum + thing[what], 0);
}

function thingJson({ kind, digest, bytes, inodes, why, holders }: Collectable) {
  return { kind, digest, bytes, inodes, why, holders };
}

function tableOf(things: readonly Collectable[], fate: string): Screen {
  if (things.length === 0) return [];
  const rows = things.map((thing): readonly Cell[] => [
    fate,
    thing.kind,
    shortDigest(thing.digest),
    { text: formatBytes(thing.bytes), align: "right" },
    describeReason(thing),
  ]);
  return [{ rows }];
}

function describeReason({ why, holders }: Collectable): string {
  return why === "held" ? `it is ${holders.map(describeHolder).join(", and ")}` : reasons[why];
}

const reasons: Readonly<Record<Exclude<CollectReason, "held">, string>> = {
  unneeded: "no image has it",
  "not-retained": "it is unpacked, and the settings keep no such blobs (content.retain)",
  "too-old": "it is older than the settings keep it (content.age)",
  "over-budget": "what came later fills the budget (content.budget)",
  retained: "the settings keep it (content.retain)",
  "in-use": "something mounts it, or stands on it",
};
