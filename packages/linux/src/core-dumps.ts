import { call } from "./libc.ts";

/** RLIMIT_CORE */
const core = 4;

/** Lets this process and its children leave no core files: there are credentials in memory. Throws a system error. */
export function forbidCoreDumps(): void {
  const none = Buffer.alloc(16); // struct rlimit64: what holds, and what may be asked for
  call("prlimit64", [0, core, none, null]);
}
