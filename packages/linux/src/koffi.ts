import { createRequire } from "node:module";
import type * as Koffi from "koffi";

/** What a C function takes: numbers, and memory by address. */
export type Argument = number | bigint | Uint8Array | null;

/** A C function that returns a number, as koffi calls it on another thread. */
export interface Startable {
  readonly async: (...args: [...args: Argument[], done: (error: Error | null, result: number) => void]) => void;
}

/** To be called at the first use, so that importing this package costs next to nothing. */
export function loadKoffi(): typeof Koffi {
  return createRequire(import.meta.url)("koffi");
}

/** Calls on another thread and gives what the function returns. Memory by address must stay as it is until then. */
export function aside(func: Startable, ...args: readonly Argument[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  func.async(...args, (error, result) => (error === null ? resolve(result) : reject(error)));
  return promise;
}
