import type { Inode } from "./file-call.ts";
import type { SystemCall } from "./strace-log.ts";

/** An open file description: what `dup` and `fork` share, with the position that `write` moves. */
export interface Description {
  readonly inode: Inode;
  readonly path: string;
  position: number;
  readonly appends: boolean;
  /** What `O_SYNC` or `O_DSYNC` makes durable with each write. */
  readonly syncs: "all" | "data" | undefined;
}

interface Process {
  readonly descriptions: Map<number, Description>;
  /** What the mode of a new file lacks. */
  umask: number;
  workingDirectory: string;
}

/** What the first process starts with. */
export type ProcessStart = Pick<Process, "umask" | "workingDirectory">;

/** Which thread has which file open under which number. Only files below the root are known here. */
export class ProcessTable {
  readonly #processes = new Map<number, Process>();
  readonly #forking: SystemCall[] = [];
  readonly #start: ProcessStart;

  constructor(start: ProcessStart) {
    this.#start = start;
  }

  find(thread: number, descriptor: number): Description | undefined {
    return this.#of(thread).descriptions.get(descriptor);
  }

  /** What was open under this number is closed; `undefined` stands for a file that is not followed. */
  set(thread: number, descriptor: number, description: Description | undefined): void {
    const { descriptions } = this.#of(thread);
    if (description === undefined) descriptions.delete(descriptor);
    else descriptions.set(descriptor, description);
  }

  umask(thread: number): number {
    return this.#of(thread).umask;
  }

  workingDirectory(thread: number): string {
    return this.#of(thread).workingDirectory;
  }

  change(thread: number, change: Partial<ProcessStart>): void {
    Object.assign(this.#of(thread), change);
  }

  /** Until `endFork` a thread that was not seen before may be the new one. */
  beginFork(call: SystemCall): void {
    this.#forking.push(call);
  }

  endFork(call: SystemCall): void {
    if (!this.#processes.has(call.result)) this.#adopt(call.result, call);
    this.#forking.splice(this.#forking.indexOf(call), 1);
  }

  #of(thread: number): Process {
    return (
      this.#processes.get(thread) ??
      this.#adopt(
        thread,
        this.#forking.find(({ result }) => result === thread),
      )
    );
  }

  /** A thread shares its table of descriptors with its maker; a process starts with a copy of it. */
  #adopt(thread: number, fork: SystemCall | undefined): Process {
    const parent = fork === undefined ? undefined : this.#of(fork.thread);
    const shared = parent !== undefined && fork?.text.includes("CLONE_FILES") === true;
    const copy = { ...(parent ?? this.#start), descriptions: new Map(parent?.descriptions) };
    const process = shared ? parent : copy;
    this.#processes.set(thread, process);
    return process;
  }
}
