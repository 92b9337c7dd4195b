import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StowageError } from "@stowage/errors";
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
