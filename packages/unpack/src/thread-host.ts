import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { StowageError } from "@stowage/errors";
import { decodeError } from "./error-transfer.ts";
import type { FromHost, ToHost } from "./host-messages.ts";
import type { LayerThread, LayerThreads, ThreadListener } from "./layer-thread.ts";
import type { ToWorker } from "./thread-messages.ts";

/** Threads in a process that is in a cgroup of its own. It is started for the first of them, and ends with the last. */
export class HostedThreads implements LayerThreads {
  readonly #cgroup: string;
  readonly #hosts = new Set<ThreadHost>();

  constructor(cgroup: string) {
    this.#cgroup = cgroup;
  }

  start(): LayerThread {
    const open = [...this.#hosts].find(({ isOpen }) => isOpen);
    return (open ?? this.#startHost()).start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hosts].map((host) => host.end()));
  }

  #startHost(): ThreadHost {
    const host = new ThreadHost(this.#cgroup);
    this.#hosts.add(host);
    void host.ended.then(() => this.#hosts.delete(host));
    return host;
  }
}

/** One such process. */
class ThreadHost {
  readonly ended: Promise<void>;
  readonly #cgroup: string;
  readonly #child: ChildProcess;
  readonly #threads = new Map<number, HostedThread>();
  readonly #waiting = new Set<HostedThread>();
  #started = 0;
  #isOpen = true;
  #failure: Error | undefined;

  constructor(cgroup: string) {
    this.#cgroup = cgroup;
    this.#child = fork(fileURLToPath(import.meta.resolve("#host")), {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (message: FromHost) => this.#heard(message));
    const gone = Promise.withResolvers<void>();
    this.ended = gone.promise;
    const end = (why: Error): void => {
      this.#lose(why);
      gone.resolve();
    };
    this.#child.once("error", (cause) => end(this.#unavailable("could not be started", cause)));
    this.#child.once("exit", (code, signal) => end(this.#unavailable(`ended with ${signal ?? code}`)));
    this.send({ kind: "begin", cgroup, parent: process.pid });
    this.#keepAlive();
  }

  /** Whether it takes more threads. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  start(): HostedThread {
    this.#started += 1;
    const thread = new HostedThread(this, this.#started);
    this.#threads.set(this.#started, thread);
    this.send({ kind: "open", thread: this.#started });
    return thread;
  }

  /** What cannot be sent any more is for a process that is about to be told gone. */
  send(message: ToHost): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Keeps this process alive for as long as somebody waits for a thread. */
  wait(thread: HostedThread, isWaiting: boolean): void {
    if (isWaiting) this.#waiting.add(thread);
    else this.#waiting.delete(thread);
    this.#keepAlive();
  }

  async end(): Promise<void> {
    this.#close();
    this.#child.ref();
    await this.ended;
  }

  #heard(message: FromHost): void {
    if (message.kind === "failed") {
      this.#failure = decodeError(message.error);
      return this.#close();
    }
    const thread = this.#threads.get(message.thread);
    if (message.kind === "heard") return thread?.heard(message.message);
    if (message.kind === "lost") return thread?.lose(decodeError(message.error));
    this.#threads.delete(message.thread);
    thread?.end();
    if (this.#threads.size === 0) this.#close();
  }

  #close(): void {
    this.#isOpen = false;
    if (this.#child.connected) this.#child.disconnect();
  }

  #lose(why: Error): void {
    this.#isOpen = false;
    for (const thread of this.#threads.values()) {
      thread.lose(this.#failure ?? why);
      thread.end();
    }
    this.#threads.clear();
  }

  #keepAlive(): void {
    const how = this.#waiting.size > 0 ? "ref" : "unref";
    this.#child[how]();
    this.#child.channel?.[how]();
  }

  #unavailable(why: string, cause?: unknown): StowageError {
    const message = `Cannot unpack: the process for it in cgroup "${this.#cgroup}" ${why}`;
    return new StowageError("unavailable", message, cause === undefined ? {} : { cause });
  }
}

class HostedThread implements LayerThread {
  readonly #host: ThreadHost;
  readonly #number: number;
  readonly #ended = Promise.withResolvers<void>();
  #listener: ThreadListener | undefined;
  #isAlive = true;
  /** Why it is gone. */
  #lost: { readonly reason: unknown } | undefined;

  constructor(host: ThreadHost, number: number) {
    this.#host = host;
    this.#number = number;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  listen(listener: ThreadListener | undefined): void {
    this.#listener = listener;
    if (this.#lost !== undefined) listener?.lost(this.#lost.reason);
    this.#host.wait(this, listener !== undefined);
  }

  post(message: ToWorker): void {
    this.#host.send({ kind: "post", thread: this.#number, message });
  }

  async cutOff(): Promise<void> {
    this.#host.send({ kind: "cut-off", thread: this.#number });
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.post({ kind: "end" });
    await this.#end();
  }

  heard(message: Parameters<ThreadListener["heard"]>[0]): void {
    this.#listener?.heard(message);
  }

  lose(reason: unknown): void {
    this.#isAlive = false;
    this.#lost ??= { reason };
    this.#listener?.lost(this.#lost.reason);
  }

  /** It is gone from the process, or with it. */
  end(): void {
    this.#isAlive = false;
    this.#ended.resolve();
    this.#host.wait(this, false);
  }

  async #end(): Promise<void> {
    this.#isAlive = false;
    this.#host.wait(this, true);
    await this.#ended.promise;
  }
}
