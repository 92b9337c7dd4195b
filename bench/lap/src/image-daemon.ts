import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { ImageService } from "@stowage/cri-api";
import type { AbortOptions } from "@stowage/errors";
import { openSocketTransport } from "@stowage/store-client";
import { type ListCalls, openListCalls } from "./list-call.ts";

/** How to run a daemon that serves CRI's ImageService over one store. */
export interface DaemonCommand {
  readonly command: readonly [string, ...string[]];
  /** The unix socket that it serves on. Beside it stands the log. */
  readonly address: string;
}

/** One that runs and has answered. Disposing it ends it the way a service manager does, and waits. */
export interface ImageDaemon extends AsyncDisposable {
  readonly pid: number;
  /** Answers once the image is there. */
  pull(image: string, options?: AbortOptions): Promise<void>;
  remove(image: string): Promise<void>;
  /** How many images it lists. */
  count(): Promise<number>;
  /** Lists all images, without decoding them. */
  list(): Promise<void>;
  /** From the start of the process to its first answer, a list of all images. */
  readonly startSeconds: number;
  /** Memory that it has now, in MiB. */
  residentMebibytes(): Promise<number>;
}

export async function startDaemon({ command: [program, ...args], address }: DaemonCommand): Promise<ImageDaemon> {
  await using starting = new AsyncDisposableStack();
  const began = performance.now();
  const log = starting.use(await open(`${address}.log`, "a"));
  // A program for Node names `node`: this one, and no older one that the machine may have.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` };
  const daemon = spawn(program, args, { stdio: ["ignore", log.fd, log.fd], env });
  starting.defer(() => end(daemon));
  const lists = starting.use(await firstAnswer(daemon, address));
  const startSeconds = (performance.now() - began) / 1000;
  const socket = starting.use(openSocketTransport(address));
  if (daemon.pid === undefined) throw new Error("A process that answers has an id");
  const { pid } = daemon;
  const images = createClient(ImageService, socket.transport);
  const running = starting.move();
  return {
    pid,
    pull: async (image, { signal } = {}) => {
      await images.pullImage({ image: { image } }, signal === undefined ? {} : { signal });
    },
    remove: async (image) => void (await images.removeImage({ image: { image } })),
    count: async () => (await images.listImages({})).images.length,
    list: () => lists.call(),
    startSeconds,
    residentMebibytes: () => residentMebibytes(pid),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Connects once there is a socket, and again while nobody answers on it. */
async function firstAnswer(daemon: ChildProcess, address: string): Promise<ListCalls> {
  const deadline = performance.now() + patienceMilliseconds;
  for (; !hasEnded(daemon); await setTimeout(pauseMilliseconds)) {
    if (!existsSync(address)) continue;
    const lists = openListCalls(address);
    try {
      await lists.call();
      return lists;
    } catch (error) {
      lists[Symbol.dispose]();
      if (performance.now() > deadline) throw error;
    }
  }
  throw new Error(
    `The daemon ended with ${daemon.exitCode ?? daemon.signalCode}: ${await readFile(`${address}.log`, "utf8")}`,
  );
}

async function end(daemon: ChildProcess): Promise<void> {
  if (hasEnded(daemon)) return;
  const ended = once(daemon, "exit");
  daemon.kill();
  await ended;
}

async function residentMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** A fraction of what a start takes. */
const pauseMilliseconds = 1;

/** Of a daemon that is there, and does not answer. */
const patienceMilliseconds = 30_000;
