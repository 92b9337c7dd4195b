import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Recording, recordFileCalls } from "@stowage/crash-replay";
import type { DriverPlan } from "./driver-plan.ts";
import { driverCommand } from "./run-driver.ts";

/**
 * Records what the driver does to the store as it carries the plan out, in a boot of its own: whoever opens what a power cut
 * left opens it in a later one. This takes root, for a mount that only the driver sees.
 */
export async function recordDriver(plan: DriverPlan): Promise<Recording> {
  const { root, marks } = plan;
  const boot = join(dirname(marks), "boot");
  await mkdir(root, { recursive: true });
  await writeFile(boot, `${randomUUID()}\n`);
  const { command, args, env } = driverCommand(plan);
  return await recordFileCalls({
    command: "unshare",
    args: ["--mount", "sh", "-c", `mount --bind "$0" ${bootIdFile} && exec "$@"`, boot, command, ...args],
    env: { ...env, UV_THREADPOOL_SIZE: "2" }, // calls that overlap only make more orders of the same
    root,
    marks,
  });
}

const bootIdFile = "/proc/sys/kernel/random/boot_id";
