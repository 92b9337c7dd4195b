import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { scratchDirectory } from "./serve.test.fixture.ts";
import { listenOnSocket, type SocketPlace } from "./socket.ts";

const refused = (text: string) => ({ code: "failed-precondition", message: expect.stringContaining(text) });

function newServer(): Server {
  const server = createServer((socket) => void socket.destroy());
  onTestFinished(() => void server.close());
  return server;
}

/** A socket, of a server in a process of its own that takes no connections and has room for few of them to wait. */
async function startBusy(path: string) {
  const program = join(await scratchDirectory(), "busy.mjs");
  await writeFile(
    program,
    `import { createServer } from "node:net";
     createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => process.send("listening", () =>
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)));`,
  );
  const child = fork(program);
  const stop = async () => {
    if (child.signalCode === null && child.kill("SIGKILL")) await once(child, "exit");
  };
  onTestFinished(stop);
  await once(child, "message");
  return { stop };
}

test.for<{ what: string; put: (path: string) => Promise<unknown> }>([
  { what: "a file", put: (path) => writeFile(path, "precious") },
  { what: "an empty directory", put: (path) => mkdir(path) },
  { what: "a link to nothing", put: (path) => symlink("nowhere", path) },
  {
    what: "a link to a socket that nobody answers",
    put: async (path) => {
      await (await startBusy(`${path}.real`)).stop();
      await symlink(`${path}.real`, path);
    },
  },
])("$what at the address is left alone", async ({ put }) => {
  const path = join(await scratchDirectory(), "s.sock");
  await put(path);
  const before = await lstat(path);
  await expect(listenOnSocket(newServer(), { path })).rejects.toMatchObject(refused("what is there is no socket"));
  expect((await lstat(path)).ino).toBe(before.ino);
  if (before.isFile()) expect(await readFile(path, "utf8")).toBe("precious");
});

test("a socket that its server left behind is replaced, by one for its owner alone", async () => {
  const path = join(await scratchDirectory(), "run", "s.sock");
  await mkdir(join(path, ".."));
  await (await startBusy(path)).stop();
  await listenOnSocket(newServer(), { path });
  expect((await lstat(path)).mode & 0o777).toBe(0o600);
});

test("a socket that is answered is left alone", async () => {
  const path = join(await scratchDirectory(), "s.sock");
  await listenOnSocket(newServer(), { path });
  await expect(listenOnSocket(newServer(), { path })).rejects.toMatchObject(refused("another server answers there"));
});

test("a socket whose server is too busy to answer is left alone", async () => {
  const path = join(await scratchDirectory(), "s.sock");
  await startBusy(path);
  const failure = await fill(path);
  expect(failure).toMatchObject({ code: "EAGAIN" });
  await expect(listenOnSocket(newServer(), { path })).rejects.toMatchObject(refused("another server answers there"));
  expect((await lstat(path)).isSocket()).toBe(true);
});

/** Connects until one more does not fit, and returns how that failed. */
async function fill(path: string): Promise<unknown> {
  for (let count = 0; count < 100; count += 1) {
    const socket = createConnection(path);
    onTestFinished(() => void socket.destroy());
    const failure: unknown = await once(socket, "connect").then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined) return failure;
  }
  return undefined;
}

test.skipIf(process.getuid?.() !== 0)(
  "a socket is given to its owner, and to a group that may open it (needs root)",
  async () => {
    const path = join(await scratchDirectory(), "s.sock");
    await listenOnSocket(newServer(), { path, uid: 1234, gid: 4321 });
    const { uid, gid, mode } = await lstat(path);
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 1234, gid: 4321, mode: 0o660 });
  },
);

async function listenUnder(umask: number, place: SocketPlace): Promise<void> {
  const before = process.umask(umask);
  onTestFinished(() => void process.umask(before));
  await listenOnSocket(newServer(), place);
}

test("the directories that it makes can be passed whatever the umask, and those that were there stay as they are", async () => {
  const directory = join(await scratchDirectory(), "there");
  await mkdir(directory, { mode: 0o700 });
  await listenUnder(0o077, { path: join(directory, "one", "two", "s.sock") });
  const modes = await Promise.all(
    ["", "one", "one/two"].map(async (name) => (await lstat(join(directory, name))).mode & 0o777),
  );
  expect(modes).toEqual([0o700, 0o755, 0o755]);
});

test.skipIf(process.getuid?.() !== 0)(
  "whoever is in the group can connect, and nobody else, in a directory that it made (needs root)",
  async () => {
    const directory = await scratchDirectory();
    await chmod(directory, 0o755);
    const path = join(directory, "run", "s.sock");
    await listenUnder(0o077, { path, gid: 4321 });
    await connectAs(4321, path);
    await expect(connectAs(4322, path)).rejects.toMatchObject({ stderr: expect.stringContaining("Permission denied") });
  },
);

/** Connects as a user that owns nothing, in the language that can become one. */
async function connectAs(gid: number, path: string): Promise<void> {
  const program = `import os, socket
os.setgroups([]); os.setgid(${gid}); os.setuid(1234)
socket.socket(socket.AF_UNIX).connect(${JSON.stringify(path)})`;
  await promisify(execFile)("python3", ["-c", program]);
}
