import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { StoreSettings } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import { compileCache } from "./run-driver.ts";
import type { StoreCommand } from "./store-command.ts";
import type { FromStoreProcess, ToStoreProcess } from "./store-messages.ts";

/** A process that has a store open and does what it is told. Disposing it closes the store, and waits. */
export interface StoreProcess extends AsyncDisposable {
  readonly pid: number;
  /** What `carryOut` returns. Fails as it does in the process, and where the process dies of it. */
  perform(command: StoreCommand): Promise<readonly string[]>;
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
}

/** One thread does all that Node does to files, so that their order is the same every time. */
const oneFileThread = { UV_THREADPOOL_SIZE: "1" };

/** Starts the process and waits until its store is open. */
export async function startStoreProcess(settings: Omit<StoreSettings, "onFailure">): Promise<StoreProcess> {
  const child = fork(join(import.meta.dirname, "store-process.ts"), [JSON.stringify(settings)], {
    execArgv: ["--conditions=@stowage/source"],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...oneFileThread },
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  const commanded = new CommandedProcess(child);
  await commanded.opened;
  return commanded;
}

class CommandedProcess implements StoreProcess {
  readonly pid: number;
  readonly opened: Promise<void>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly string[]>>();
  #commands = 0;

  constructor(child: ChildProcess) {
    this.pid = child.pid ?? 0;
    this.#child = child;
    const open = Promise.withResolvers<void>();
    this.opened = open.promise;
    child.on("message", (message: FromStoreProcess) => {
      if (message.kind === "open") open.resolve();
      else this.#settle(message);
    });
    const said = child.stderr === null ? Promise.resolve("") : text(child.stderr);
    this.#ended = once(child, "close").then(async ([code, signal]) => {
      const error = new Error(`The store process ended with ${code ?? signal}\n${await said}`);
      open.reject(error);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  perform(command: StoreCommand): Promise<readonly string[]> {
    const id = (this.#commands += 1);
    const answer = Promise.withResolvers<readonly string[]>();
    this.#waiting.set(id, answer);
    this.#send({ kind: "command", id, command });
    return answer.promise;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#send({ kind: "close" });
    await this.#ended;
  }

  /** One that is dead does not hear it; its end is the answer. */
  #send(message: ToStoreProcess): void {
    this.#child.send(message, () => undefined);
  }

  #settle(message: Exclude<FromStoreProcess, { readonly kind: "open" }>): void {
    const answer = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "done") answer?.resolve(message.lines);
    else answer?.reject(errorOf(message));
  }
}

function errorOf({ code, message }: Extract<FromStoreProcess, { readonly kind: "failed" }>): Error {
  return code === undefined ? new Error(message) : new StowageError(code, message);
}
