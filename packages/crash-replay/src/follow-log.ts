import { attributeHandlers } from "./attribute-handlers.ts";
import { dataHandlers } from "./data-handlers.ts";
import type { FileCall, SyncAllCall, SyncCall } from "./file-call.ts";
import { nameHandlers } from "./name-handlers.ts";
import { openHandlers } from "./open-handlers.ts";
import { Scene, type SceneStart } from "./scene.ts";
import type { SystemCall } from "./strace-log.ts";
import { type Handler, TracedCall } from "./traced-call.ts";

const handlers: ReadonlyMap<string, Handler> = new Map([
  ...nameHandlers,
  ...openHandlers,
  ...dataHandlers,
  ...attributeHandlers,
]);
const forks: ReadonlySet<string> = new Set(["clone", "clone3", "fork", "vfork"]);
const syncs: ReadonlySet<string> = new Set(["fsync", "fdatasync", "syncfs", "sync"]);
const writes: ReadonlySet<string> = new Set(["write", "writev", "pwrite64", "pwritev", "pwritev2"]);

/** What `strace` has to log, for `followLog` to miss nothing. */
export const followedCalls: readonly string[] = [...handlers.keys(), ...forks, ...syncs, "close"];

export interface LogStart extends SceneStart {
  /** The file of marks: absolute, without symbolic links, as latin1 text. */
  readonly marks: string | undefined;
}

/** Something in the log that happens at a line; the two ends of a call are told apart where it matters. */
interface Moment {
  readonly line: number;
  readonly happen: () => void;
}

/**
 * What the calls of a log did below the root, in the order in which they ended. A mark counts from where its write began:
 * whatever it acknowledges had ended by then.
 */
export function followLog(calls: readonly SystemCall[], start: LogStart): readonly FileCall[] {
  return new LogFollower(calls, start).follow();
}

class LogFollower {
  readonly #calls: readonly SystemCall[];
  readonly #scene: Scene;
  readonly #marks: string | undefined;
  readonly #settled = new Set<SystemCall>();
  /** How many effects had ended when a sync began. */
  readonly #covers = new Map<SystemCall, number>();

  constructor(calls: readonly SystemCall[], { marks, ...start }: LogStart) {
    this.#calls = calls;
    this.#scene = new Scene(start);
    this.#marks = marks;
  }

  follow(): readonly FileCall[] {
    const moments = this.#calls.flatMap((call) => this.#moments(call));
    for (const { happen } of moments.toSorted((a, b) => a.line - b.line)) happen();
    return this.#scene.calls;
  }

  #moments(call: SystemCall): readonly Moment[] {
    const { processes, calls } = this.#scene;
    const began = (happen: () => void) => ({ line: call.began, happen });
    const ended = (happen: () => void) => ({ line: call.ended, happen });
    if (this.#isMark(call)) return [began(() => this.#mark(call))];
    if (call.name === "close")
      return [began(() => processes.set(call.thread, Number.parseInt(call.text, 10), undefined))];
    if (forks.has(call.name)) return [began(() => processes.beginFork(call)), ended(() => processes.endFork(call))];
    if (syncs.has(call.name)) {
      return [
        began(() => this.#covers.set(call, calls.length)),
        ended(() => this.#sync(new TracedCall(this.#scene, call))),
      ];
    }
    return [ended(() => this.#settle(call))];
  }

  /** Where the model does not allow a call, one that was in flight beside it took effect earlier than it ended. */
  #settle(call: SystemCall): void {
    if (this.#settled.has(call) || this.#try(call)) return;
    const inFlight = this.#calls.filter(
      (other) => other.began < call.ended && other.ended > call.ended && !this.#settled.has(other),
    );
    for (const other of inFlight) {
      if (nameHandlers.has(other.name) || other.name.startsWith("open")) this.#try(other);
      if (this.#try(call)) return;
    }
    throw new Error(`Cannot follow ${call.name} in line ${call.ended + 1} of the log: the model does not allow it`);
  }

  #try(call: SystemCall): boolean {
    const effects = handlers.get(call.name)?.(new TracedCall(this.#scene, call));
    if (effects === undefined) return !handlers.has(call.name);
    if (!effects.every((effect) => this.#scene.add(effect))) return false;
    this.#settled.add(call);
    return true;
  }

  #sync(call: TracedCall): void {
    const covers = this.#covers.get(call.call) ?? 0;
    const sync = call.call.name === "sync" ? ({ kind: "sync-all", covers } as const) : this.#syncOf(call, covers);
    if (sync !== undefined) this.#scene.add(sync);
  }

  #syncOf(call: TracedCall, covers: number): SyncCall | SyncAllCall | undefined {
    const description = call.description(0);
    if (description === undefined) return undefined;
    if (call.call.name === "syncfs") return { kind: "sync-all", covers };
    const { inode, path } = description;
    return { kind: "sync", inode, path, what: call.call.name === "fsync" ? "all" : "data", covers };
  }

  #isMark(call: SystemCall): boolean {
    if (this.#marks === undefined || !writes.has(call.name)) return false;
    const [descriptor] = new TracedCall(this.#scene, { ...call, text: call.text.slice(0, call.text.indexOf(",")) })
      .values;
    return descriptor?.kind === "descriptor" && descriptor.path === this.#marks;
  }

  #mark(call: SystemCall): void {
    const lines = Buffer.from(new TracedCall(this.#scene, call).bytes(1)).toString("utf8").split("\n");
    for (const text of lines.filter((line) => line !== "")) this.#scene.add({ kind: "mark", text });
  }
}
