import { Worker } from "node:worker_threads";
import { StowageError } from "@stowage/errors";
import type { FromWriter, Statement, ToWriter, WriterJob } from "./write-request.ts";

/**
 * Writes to the database on a thread of its own, so that a slow disk holds nobody up who only asks. The thread is started at
 * the first write; disposing waits for what was asked for, and for the end of the thread.
 */
export class DatabaseWriter implements AsyncDisposable {
  readonly #job: WriterJob;
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  #worker: Worker | undefined;
  #requests = 0;

  constructor(job: WriterJob) {
    this.#job = job;
  }

  /** Carries the statements out, all or none. They are durable on return, and those of earlier calls before them. */
  write(statements: readonly Statement[]): Promise<void> {
    this.#worker ??= this.#start();
    this.#requests += 1;
    const answer = Promise.withResolvers<void>();
    this.#waiting.set(this.#requests, answer);
    this.#worker.ref();
    const request: ToWriter = { kind: "write", id: this.#requests, statements };
    this.#worker.postMessage(request);
    return answer.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    worker.ref();
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    const request: ToWriter = { kind: "close" };
    worker.postMessage(request);
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(new URL(import.meta.resolve("#writer-thread")), {
      name: "image index",
      workerData: this.#job,
    });
    worker.on("message", (message: FromWriter) => this.#settle(message));
    worker.once("error", (error) => this.#fail(worker, error));
    worker.once("exit", () => this.#fail(worker, new Error("Cannot write the image index: its thread has ended")));
    return worker;
  }

  #settle(message: FromWriter): void {
    const answer = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (message.kind === "written") answer?.resolve();
    else
      answer?.reject(
        message.code === undefined ? new Error(message.message) : new StowageError(message.code, message.message),
      );
  }

  /** What another thread was asked, it answers. */
  #fail(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#worker = undefined;
  }
}
