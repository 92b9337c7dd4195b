import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings } from "@stowage/config";
import { onTestFinished } from "vitest";
import type { DriverPlan, Operation } from "./driver-plan.ts";
import type { OfferedImages } from "./offered-images.ts";

/** A directory that goes with the test. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-proof-"));
  onTestFinished(async () => await rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A plan for a new store, in which finished pulls hold nothing and `retain` says which blobs of layers stay. */
export async function scratchPlan(
  offered: OfferedImages,
  operations: readonly Operation[],
  { retain = "none" }: { readonly retain?: "none" | "budget" } = {},
): Promise<DriverPlan> {
  const directory = await scratchDirectory();
  const content = { ...defaultSettings.content, retain };
  const pull = { ...defaultSettings.pull, lease: 0 };
  return {
    root: join(directory, "root"),
    marks: join(directory, "marks"),
    registry: offered.registry.host,
    operations,
    settings: { content, pull },
  };
}
