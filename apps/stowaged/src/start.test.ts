import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { scratch } from "./metrics.test.fixture.ts";

const main = new URL("./main.ts", import.meta.url).pathname;

function run(config: string, environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ["--conditions=@stowage/source", main, "--config", config], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...environment },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

interface Start {
  readonly child: ChildProcess;
  readonly address: string;
  /** What is in the log so far. */
  readonly lines: readonly string[];
  /** Lets the daemon, once it asks, read these settings. */
  readonly give: (toml: string) => Promise<void>;
}

/** A daemon whose start takes as long as nobody gives it its settings: they come through a pipe. */
async function startSlowly(environment: Readonly<Record<string, string>> = {}): Promise<Start> {
  const directory = await scratch();
  const config = join(directory, "stowage.toml");
  const address = join(directory, "s.sock");
  execFileSync("mkfifo", [config]);
  const child = run(config, environment);
  const lines: string[] = [];
  createInterface(child.stderr).on("line", (line) => lines.push(line));
  const pipes = [await open(config, "w")]; // open once the daemon has opened the other end
  onTestFinished(() => Promise.all(pipes.map((pipe) => pipe.close())).then(() => undefined));
  return {
    child,
    address,
    lines,
    async give(toml) {
      await using pipe = pipes.pop() ?? (await open(config, "w"));
      await pipe.writeFile(`root = "${directory}/store"\naddress = "${address}"\n${toml}`);
    },
  };
}

test("SIGHUP during the start does not end it, and what has changed in the settings since then counts", async () => {
  const { child, address, lines, give } = await startSlowly();
  child.kill("SIGHUP");
  await give("");
  await expect.poll(() => existsSync(address)).toBe(true);
  await give('log.level = "debug"');
  await expect.poll(() => lines.at(-1)).toMatch(/log\.level.*settings reloaded/);
});

/** What a service manager hears, in the language that has unix datagrams. */
const listener = `import socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
print("listens", flush=True)
while True: print(heard.recv(1000).decode(), flush=True)`;

test("SIGTERM during the start stops it in order once it can, and nobody is told that it is ready", async () => {
  const notify = join(await scratch(), "notify");
  const manager = spawn("python3", ["-c", listener, notify], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void manager.kill("SIGKILL"));
  const heard: string[] = [];
  createInterface(manager.stdout).on("line", (line) => heard.push(line));
  await expect.poll(() => heard).toEqual(["listens"]);
  const { child, address, give } = await startSlowly({ NOTIFY_SOCKET: notify });
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await give("");
  expect(await exited).toEqual([0, null]);
  expect(existsSync(address)).toBe(false);
  await expect.poll(() => heard).toEqual(["listens", "STOPPING=1"]);
});

test("a second signal during the start ends it at once", async () => {
  const { child } = await startSlowly();
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  child.kill("SIGINT");
  expect(await exited).toEqual([1, null]);
});

test("what goes wrong once it serves ends it, and its socket goes with it", async () => {
  const directory = await scratch();
  const config = join(directory, "stowage.toml");
  const address = join(directory, "s.sock");
  await writeFile(config, `root = "${directory}/store"\naddress = "${address}"\n`);
  const stream = createServer().listen(join(directory, "notify")); // not what a manager would listen on
  onTestFinished(() => void stream.close());
  const child = run(config, { NOTIFY_SOCKET: join(directory, "notify") });
  const [log, exit] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect(log).toMatch(/"serving"[^]*EPROTOTYPE/);
  expect(exit).toEqual([1, null]);
  expect(existsSync(address)).toBe(false);
});
