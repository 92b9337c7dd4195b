import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSettings, type Settings } from "@stowage/config";
import type { DriverPlan } from "./driver-plan.ts";

/** Finished pulls hold nothing; where blobs of layers stay, the next collection takes them. */
export function settingsWith(retain: Settings["content"]["retain"]): NonNullable<DriverPlan["settings"]> {
  return { content: { retain, budget: 0, age: 3600 }, pull: { ...defaultSettings.pull, lease: 0 } };
}

export interface ScratchStore extends AsyncDisposable {
  /** Not made yet. */
  readonly root: string;
  /** Beside it. */
  readonly marks: string;
}

/** Places for a store and the driver's marks, which go with everything in them. */
export async function scratchStore(): Promise<ScratchStore> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-proof-"));
  return {
    root: join(directory, "root"),
    marks: join(directory, "marks"),
    [Symbol.asyncDispose]: async () => await rm(directory, { recursive: true, force: true }),
  };
}
