import { closeSync, openSync } from "node:fs";
import { exitAtOnce, joinCgroup } from "@stowage/linux";
import { encodeError } from "./error-transfer.ts";
import type { FromHost, ToHost } from "./host-messages.ts";
import type { FromWorker, ToWorker } from "./thread-messages.ts";
import { UnpackThread } from "./unpack-thread.ts";

/**
 * The child's side: goes where it belongs, runs threads, and carries what they say. It ends with the parent, and at once: what it
 * was at is dropped by whoever is there next.
 */
export function answerHost(send: (message: FromHost) => void): void {
  const threads = new Map<number, HostedThread>();
  let surroundings: Surroundings | undefined;
  process.on("message", (message: ToHost) => {
    switch (message.kind) {
      case "begin":
        surroundings = begin(message, send);
        return;
      case "open":
        if (surroundings !== undefined) threads.set(message.thread, new HostedThread(message.thread, surroundings));
        return;
      case "post":
        if (message.message.kind === "end") return end(message.thread, (thread) => thread.end());
        return threads.get(message.thread)?.post(message.message);
      case "cut-off":
        return end(message.thread, (thread) => thread.cutOff());
    }
  });
  process.on("disconnect", () => exitAtOnce(0));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined); // the parent says when

  const end = (number: number, how: (thread: HostedThread) => Promise<void>): void => {
    const thread = threads.get(number);
    threads.delete(number);
    const tell = (): void => send({ kind: "ended", thread: number });
    void (thread === undefined ? Promise.resolve() : how(thread)).then(tell);
  };
}

/** Where that fails, no thread is started, and the parent ends it all. */
function begin(
  { cgroup, parent }: Extract<ToHost, { readonly kind: "begin" }>,
  send: (message: FromHost) => void,
): Surroundings | undefined {
  try {
    joinCgroup(cgroup);
    return { parent, send };
  } catch (error) {
    send({ kind: "failed", error: encodeError(error) });
    return undefined;
  }
}

interface Surroundings {
  /** Whose descriptors jobs name. */
  readonly parent: number;
  readonly send: (message: FromHost) => void;
}

/** A thread here, and the file that it reads, which is open here for as long as a job takes. */
class HostedThread {
  readonly #thread = new UnpackThread();
  readonly #number: number;
  readonly #surroundings: Surroundings;
  #fd: number | undefined;

  constructor(number: number, surroundings: Surroundings) {
    this.#number = number;
    this.#surroundings = surroundings;
    this.#thread.listen({
      heard: (message) => this.#heard(message),
      lost: (reason) => {
        this.#close();
        surroundings.send({ kind: "lost", thread: number, error: encodeError(reason) });
      },
    });
  }

  post(message: ToWorker): void {
    if (message.kind !== "start") return this.#thread.post(message);
    try {
      const { job } = message;
      this.#fd = openSync(`/proc/${this.#surroundings.parent}/fd/${job.fd}`, "r");
      this.#thread.post({ kind: "start", job: { ...job, fd: this.#fd } });
    } catch (error) {
      this.#heard({ kind: "failed", error: encodeError(error) });
    }
  }

  async end(): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
    this.#close();
  }

  async cutOff(): Promise<void> {
    await this.#thread.cutOff();
    this.#close();
  }

  #heard(message: FromWorker): void {
    if (message.kind !== "read") this.#close();
    this.#surroundings.send({ kind: "heard", thread: this.#number, message });
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
