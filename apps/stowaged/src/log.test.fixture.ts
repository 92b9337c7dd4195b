import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Credential } from "@stowage/auth";
import { parseReference } from "@stowage/reference";
import { connectStore } from "@stowage/store-client";
import { expect, onTestFinished } from "vitest";
import { scratch } from "./metrics.test.fixture.ts";

export interface Line {
  readonly level: number;
  readonly msg: string;
}

export interface Node {
  /** What is in the log so far. */
  readonly lines: readonly Line[];
  readonly address: string;
  /** Pulls over http; gives what it failed with in place of throwing it. */
  readonly pull: (name: string, credential?: Credential) => Promise<unknown>;
  /** Tells it to stop, and waits until it has. */
  readonly stop: () => Promise<void>;
}

const isLine = (value: unknown): value is Line => typeof value === "object" && value !== null && "msg" in value;

/** A daemon as a process of its own, with further settings in `toml`. */
export async function startNode(toml = ""): Promise<Node> {
  const directory = await scratch();
  const config = join(directory, "stowage.toml");
  const address = join(directory, "s.sock");
  await writeFile(config, `root = "${directory}/store"\naddress = "${address}"\n${toml}`);
  const main = new URL("./main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=@stowage/source", main, "--config", config], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
  };
  onTestFinished(stop);
  const lines: Line[] = [];
  createInterface(child.stderr).on("line", (text) => {
    const line: unknown = JSON.parse(text);
    if (isLine(line)) lines.push(line);
  });
  await expect.poll(() => lines.map(({ msg }) => msg)).toContain("serving");
  const pull = async (name: string, credential?: Credential): Promise<unknown> => {
    using client = connectStore(address);
    const pulling = client.pull(parseReference(name), { credential, plainHttp: true });
    return await pulling.catch((error: unknown) => error);
  };
  return { lines, address, pull, stop };
}
