import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp2Server } from "node:http2";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { encodeImageEvent, StoreService } from "@stowage/cri-api";
import { StowageError } from "@stowage/errors";
import type { ImageEvent } from "@stowage/image-service";
import { expect, onTestFinished, test } from "vitest";
import { connectStore, findStore } from "./index.ts";

async function scratchAddress(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-client-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "stowage.sock");
}

/** A socket that takes connections and does no more than `meet` with them. */
async function listenAt(address: string, meet: (socket: Socket) => void): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    meet(socket);
  }).listen(address);
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
}

test("a daemon that is not there is unavailable, and is not found", async () => {
  const address = await scratchAddress();
  using store = connectStore(address);
  await expect(store.list()).rejects.toMatchObject({
    name: StowageError.name,
    code: "unavailable",
    message: expect.stringMatching(/^Cannot call the daemon: .*ENOENT/),
  });
  expect(await findStore(address)).toBeUndefined();
});

test("a file that is no socket is no daemon", async () => {
  const address = await scratchAddress();
  await writeFile(address, "");
  expect(await findStore(address)).toBeUndefined();
});

test("a daemon that is too busy to take a connection is found", async () => {
  const address = await scratchAddress();
  await listenBusily(address);
  for (let waiting = 0; waiting < 4; waiting += 1) {
    const socket = createConnection(address).on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
  }
  using store = await findStore(address);
  expect(store).toBeDefined();
});

test("a daemon says which store it holds", async () => {
  const address = await scratchAddress();
  const info = { root: "/var/lib/stowage", version: "1.2.3" };
  const routes = connectNodeAdapter({ routes: (router) => void router.service(StoreService, { info: () => info }) });
  const server = createHttp2Server(routes).listen(address);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  using store = connectStore(address);
  expect(await store.info()).toEqual(info);
  await expect(store.info({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

test("what happens in a daemon is told until the caller has enough, and leaves nobody listening there", async () => {
  const address = await scratchAddress();
  const event: ImageEvent = { kind: "pull-started", pull: "p", reference: "docker.io/library/a:1" };
  const left = Promise.withResolvers<unknown>();
  const watch = async function* (_request: unknown, { signal }: { readonly signal: AbortSignal }) {
    signal.addEventListener("abort", () => left.resolve("left"));
    yield {};
    yield encodeImageEvent(event);
    await left.promise;
  };
  const routes = connectNodeAdapter({ routes: (router) => void router.service(StoreService, { watch }) });
  const server = createHttp2Server(routes).listen(address);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  using store = connectStore(address);
  for await (const told of store.watch()) {
    expect(told).toEqual(event);
    break;
  }
  expect(await left.promise).toBe("left");
  const aborted = store.watch({ signal: AbortSignal.abort(new Error("enough")) });
  await expect(Array.fromAsync(aborted)).rejects.toThrow("enough");
});

test("a daemon that hangs up is unavailable", async () => {
  const address = await scratchAddress();
  await listenAt(address, (socket) => socket.once("data", () => socket.destroy()));
  using store = connectStore(address);
  await expect(store.list()).rejects.toMatchObject({ code: "unavailable" });
});

test("a call that is aborted fails with the reason, though nobody answers", async () => {
  const address = await scratchAddress();
  const connected = Promise.withResolvers<void>();
  await listenAt(address, () => connected.resolve());
  using store = connectStore(address);
  const controller = new AbortController();
  const reason = new Error("enough");
  const listing = store.list({ signal: controller.signal });
  await connected.promise;
  controller.abort(reason);
  await expect(listing).rejects.toBe(reason);
});

/** A socket of a process that takes no connections and has room for two of them to wait. */
async function listenBusily(address: string): Promise<void> {
  const program = `${address}.mjs`;
  await writeFile(
    program,
    `import { createServer } from "node:net";
     createServer().listen({ path: ${JSON.stringify(address)}, backlog: 1 }, () => process.send("listening", () =>
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)));`,
  );
  const child = fork(program);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
}
