import { readFileSync } from "node:fs";

/** Whether this process is root in its user namespace: it may give files away to the users of that, and mount overlays. */
export function isPrivileged(): boolean {
  return process.geteuid?.() === 0;
}

/** Whether it is root of the machine: only that one may make devices and set attributes of the `trusted` namespace. */
export function isMachineRoot(): boolean {
  return isPrivileged() && readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/).join(" ") === wholeMap;
}

const wholeMap = "0 0 4294967295";
