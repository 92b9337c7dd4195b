import { call } from "./libc.ts";

/** Gives back to the machine what the C library has freed and kept, of this whole process (malloc_trim(3)). */
export function trimMemory(): void {
  call("malloc_trim", [0]);
}
