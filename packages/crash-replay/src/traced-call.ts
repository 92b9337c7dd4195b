import type { FileCall } from "./file-call.ts";
import type { Found } from "./path-walker.ts";
import type { Description } from "./process-table.ts";
import { openPlace, type Scene } from "./scene.ts";
import type { SystemCall } from "./strace-log.ts";
import { type LogValue, parseValues } from "./strace-value.ts";

/**
 * What a system call did below the root. `undefined`: as far as the model goes it was impossible, so that a call which
 * was in flight beside it must have come first.
 */
export type Effects = readonly FileCall[] | undefined;

export type Handler = (call: TracedCall) => Effects;

/** A system call with its arguments, on the scene where it ended. */
export class TracedCall {
  readonly scene: Scene;
  readonly call: SystemCall;
  readonly values: readonly LogValue[];

  constructor(scene: Scene, call: SystemCall) {
    this.scene = scene;
    this.call = call;
    this.values = parseValues(call.text);
  }

  /** NaN where it is no number. */
  number(index: number): number {
    return numberOf(this.values[index]);
  }

  flags(index: number): ReadonlySet<string> {
    return flagsOf(this.values[index]);
  }

  /** Whether the flag stands in any argument. */
  has(flag: string): boolean {
    return this.values.some((value) => flagsOf(value).has(flag));
  }

  /** The string at `index`, as latin1 text. */
  text(index: number): string {
    return Buffer.from(this.bytes(index)).toString("latin1");
  }

  /** What the buffer or the vector of buffers at `index` holds. */
  bytes(index: number): Uint8Array {
    const value = this.values[index];
    if (value?.kind === "text") return value.bytes;
    const parts = value?.kind === "list" ? value.items : [];
    const buffers = parts.map((part) => (part.kind === "record" ? part.fields.get("iov_base") : undefined));
    return Buffer.concat(buffers.map((buffer) => (buffer?.kind === "text" ? buffer.bytes : new Uint8Array())));
  }

  /** The open file at `index`, where it is one below the root. */
  description(index: number): Description | undefined {
    return this.scene.description(this.call, this.values[index]);
  }

  opened(index: number): Found {
    return openPlace(this.description(index));
  }

  /** Where the path at `index` leads; a descriptor before it is the directory to start from. */
  place(index: number, follow: boolean): Found {
    const before = this.values[index - 1];
    const from = before?.kind === "descriptor" ? before : undefined;
    return this.scene.resolve(this.call, this.values[index], { from, follow });
  }

  /** The places of the strings among the arguments. */
  get paths(): readonly number[] {
    return this.values.flatMap(({ kind }, index) => (kind === "text" ? [index] : []));
  }
}

/** The permission bits of a mode like `S_IFREG|0644`. */
export function modeOf(value: LogValue | undefined): number {
  const bits = [...flagsOf(value)].map((text) => modeBits.get(text) ?? Number.parseInt(text, 8));
  return bits.reduce((mode, bit) => mode | (Number.isNaN(bit) ? 0 : bit), 0) & 0o7777;
}

const modeBits = new Map([
  ["S_ISUID", 0o4000],
  ["S_ISGID", 0o2000],
  ["S_ISVTX", 0o1000],
]);

export function flagsOf(value: LogValue | undefined): ReadonlySet<string> {
  return new Set(value?.kind === "word" ? value.text.split("|") : []);
}

export function numberOf(value: LogValue | undefined): number {
  return value?.kind === "word" ? Number(value.text) : Number.NaN;
}
