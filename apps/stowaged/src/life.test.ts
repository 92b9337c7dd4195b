import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "@connectrpc/connect";
import { ImageService } from "@stowage/cri-api";
import { smallImage } from "@stowage/image-fixtures";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, stallAfter, startRegistry, when } from "@stowage/registry-fake";
import { connectStore, openSocketTransport } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";

const daemon = ["--conditions=@stowage/source", new URL("./main.ts", import.meta.url).pathname];

/** What a service manager does, in the language that has unix datagrams and can pass descriptors. */
const manager = `import os, socket, subprocess, sys, threading
notify, listen, *command = sys.argv[1:]
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(notify)
environment = {**os.environ, "NOTIFY_SOCKET": notify, "WATCHDOG_USEC": "200000"}
def become():
    os.environ.update(environment)
    if listen:
        passed = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        passed.bind(listen)
        passed.listen(16)
        os.dup2(passed.fileno(), 3)
        os.environ.update({"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
    os.execvp(command[0], command)
pid = os.fork()
if pid == 0: become()
print("pid", pid, flush=True)
def tell():
    while True: print(heard.recv(1000).decode().split("\\n")[0], flush=True)
threading.Thread(target=tell, daemon=True).start()
_, status = os.waitpid(pid, 0)
print("exit", os.waitstatus_to_exitcode(status), flush=True)
os._exit(0)`;

interface Managed {
  readonly directory: string;
  readonly address: string;
  /** What the daemon told the manager, and how it ended. */
  readonly heard: string[];
  readonly signal: (name: NodeJS.Signals) => void;
}

async function startManaged({ toml = "", passSocket = false } = {}): Promise<Managed> {
  const directory = await mkdtemp(join(tmpdir(), "stowaged-life-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const address = join(directory, "s.sock");
  await writeFile(join(directory, "stowage.toml"), `root = "${directory}/store"\naddress = "${address}"\n${toml}`);
  const program = join(directory, "manager.py");
  await writeFile(program, manager);
  const command = [process.execPath, ...daemon, "--config", join(directory, "stowage.toml")];
  const child = spawn("python3", [program, join(directory, "notify"), passSocket ? address : "", ...command], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { heard, pid } = await listen(child);
  const signal = (name: NodeJS.Signals): void => void process.kill(pid, name);
  onTestFinished(() => {
    if (!heard.some((line) => line.startsWith("exit"))) signal("SIGKILL");
  });
  await hears(heard, "READY=1");
  return { directory, address, heard, signal };
}

async function listen(child: ChildProcess): Promise<{ readonly heard: string[]; readonly pid: number }> {
  const heard: string[] = [];
  const pid = Promise.withResolvers<number>();
  if (child.stdout === null) throw new Error("nothing to read from");
  createInterface(child.stdout).on("line", (line) => {
    if (line.startsWith("pid ")) pid.resolve(Number(line.slice(4)));
    else heard.push(line);
  });
  return { heard, pid: await pid.promise };
}

async function hears(heard: readonly string[], line: string, times = 1): Promise<void> {
  const count = (): number => heard.filter((each) => each === line).length;
  await expect.poll(count).toBeGreaterThanOrEqual(times);
}

async function offer(): Promise<FakeRegistry> {
  const registry = await startRegistry();
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("a", "1", smallImage());
  return registry;
}

async function listed(address: string) {
  using socket = openSocketTransport(address);
  return (await createClient(ImageService, socket.transport).listImages({})).images;
}

test("tells its manager that it is ready, that it lives, that it reloads and that it stops", async () => {
  const { heard, signal, directory } = await startManaged();
  await hears(heard, "WATCHDOG=1", 3);
  await writeFile(join(directory, "stowage.toml"), 'pinned = ["a*"]');
  signal("SIGHUP");
  await hears(heard, "RELOADING=1");
  await hears(heard, "READY=1", 2);
  signal("SIGTERM");
  await hears(heard, "STOPPING=1");
  await hears(heard, "exit 0");
});

test("serves on the socket that its manager has made, and leaves it there", async () => {
  const { address, heard, signal } = await startManaged({ passSocket: true });
  using client = connectStore(address);
  expect(await client.list()).toEqual([]);
  signal("SIGTERM");
  await hears(heard, "exit 0");
  expect(existsSync(address)).toBe(true);
});

test("leaves no core files, whatever it was started with", async () => {
  const { directory } = await startManaged();
  const pid = (await readFile(join(directory, "store", "lock"), "utf8")).trim();
  expect(await readFile(`/proc/${pid}/limits`, "utf8")).toMatch(/^Max core file size +0 +0 /m);
  expect(await readFile(`/proc/${pid}/status`, "utf8")).toMatch(/^Umask:\t0077$/m);
});

test.skipIf(process.getuid?.() !== 0)("gives its socket to a group by name (needs root)", async () => {
  const { address } = await startManaged({ toml: '[socket]\nowner = "daemon"\ngroup = "daemon"\n' });
  const { uid, gid, mode } = await stat(address);
  expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 1, gid: 1, mode: 0o660 });
});

test("a reload pins and unpins images that are here, and a file that changes is enough", async () => {
  const registry = await offer();
  const toml = `[registry]\nplain_http = ["${registry.host}"]\n`;
  const { address, directory } = await startManaged({ toml });
  using client = connectStore(address);
  await client.pull(parseReference(`${registry.host}/a:1`));
  const place = `root = "${directory}/store"\naddress = "${address}"\n`;
  expect(await client.list()).toHaveLength(1);
  await writeFile(join(directory, "stowage.toml"), `${place}pinned = ["${registry.host}/*"]\n${toml}`);
  const isPinned = async () => (await listed(address))[0]?.pinned;
  await expect.poll(isPinned).toBe(true);
  await writeFile(join(directory, "stowage.toml"), `${place}${toml}`);
  await expect.poll(isPinned).toBe(false);
});

test("lets a pull that is under way come to its end before it stops, and takes no other", async () => {
  const registry = await offer();
  const gate = Promise.withResolvers<void>();
  const hold = when(/blobs/, async (request, next) => {
    await gate.promise;
    return await next(request);
  });
  registry.wrap(hold);
  const { address, heard, signal } = await startManaged({ toml: 'stop_timeout = "1m"\n' });
  using client = connectStore(address);
  const pulling = client.pull(parseReference(`${registry.host}/a:1`));
  await expect.poll(() => registry.requests.some(({ path }) => path.includes("/blobs/"))).toBe(true);
  signal("SIGTERM");
  await hears(heard, "STOPPING=1");
  using late = connectStore(address);
  await expect(late.list()).rejects.toMatchObject({ code: "unavailable" });
  gate.resolve();
  expect((await pulling).tags).toEqual([`${registry.host}/a:1`]);
  await hears(heard, "exit 0");
});

test.for([
  { what: "the time for it is over", stopTimeout: "1s", signals: 1 },
  { what: "it is told a second time", stopTimeout: "1h", signals: 2 },
])("cuts a pull off when $what", async ({ stopTimeout, signals }) => {
  const registry = await offer();
  registry.wrap(when(/blobs/, stallAfter(1)));
  const { address, heard, signal } = await startManaged({ toml: `stop_timeout = "${stopTimeout}"\n` });
  using client = connectStore(address);
  const pulling = client.pull(parseReference(`${registry.host}/a:1`));
  pulling.catch(() => undefined);
  await expect.poll(() => registry.requests.some(({ path }) => path.includes("/blobs/"))).toBe(true);
  signal("SIGTERM");
  await hears(heard, "STOPPING=1");
  if (signals > 1) signal("SIGTERM");
  await expect(pulling).rejects.toMatchObject({ code: "unavailable" });
  await hears(heard, "exit 0");
});
