import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** What tells this boot of the machine from every other. */
export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Seconds since the boot, those of sleep included. No setting of the clock moves it. */
export function bootSeconds(): number {
  return uptime();
}
