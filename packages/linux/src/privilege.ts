import { readFileSync } from "node:fs";

/** Whether this process is root in its user namespace: it may give files away to the users of that, and mount overlays. */
export function isPrivileged(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * Whether it is root of the machine, and has not given up its rights: only that one may make devices and set attributes of the
 * `trusted` namespace.
 */
export function isMachineRoot(): boolean {
  if (!isPrivileged()) return false;
  const map = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/).join(" ");
  return map === wholeMap && (effectiveCapabilities() & administration) !== 0n;
}

function effectiveCapabilities(): bigint {
  const hex = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return BigInt(`0x${hex ?? "0"}`);
}

/** CAP_SYS_ADMIN */
const administration = 1n << 21n;

const wholeMap = "0 0 4294967295";
