import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type { ContainerVerbs } from "@stowage/containers";
import { StowageError } from "@stowage/errors";
import type { ImageService } from "@stowage/image-service";
import { parseReference } from "@stowage/reference";
import { onTestFinished } from "vitest";
import { type CriServer, startCriServer } from "./index.ts";

/** A directory that is gone after the test. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "stowage-cri-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A server whose images and containers are none but for what is given, and one connection to it. */
export async function serve(
  images: Partial<ImageService>,
  containers: Partial<ContainerVerbs> = {},
): Promise<Transport> {
  const { address } = await startServer(images, containers);
  const baseUrl = "http://localhost";
  const sessionManager = new Http2SessionManager(baseUrl, {}, { createConnection: () => createConnection(address) });
  onTestFinished(() => sessionManager.abort());
  return createGrpcTransport({ baseUrl, sessionManager });
}

/** The same, and where it is. */
export async function startServer(
  images: Partial<ImageService>,
  containers: Partial<ContainerVerbs> = {},
): Promise<{ readonly server: CriServer; readonly address: string }> {
  const root = await scratchDirectory();
  const address = join(root, "s.sock");
  const asked = { ...noImages, ...images };
  const findAll: ImageService["findAll"] = async (name, options) => {
    const image = await asked.find(name, options);
    return image === undefined ? [] : [image];
  };
  const server = await startCriServer(
    {
      images: { ...asked, findAll },
      containers: { ...noContainers, ...containers },
      root: "/images",
      storeRoot: "/store",
    },
    { socket: { path: address }, version: "1.2.3", cgroupDriver: "systemd", handlers: ["kata"] },
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, address };
}

const nothing = { bytes: 0, inodes: 0 };

const noImages: ImageService = {
  candidates: async (text) => ({ references: [parseReference(text)] }),
  pull: () => Promise.reject(new Error("There is nothing to pull from")),
  list: async () => [],
  find: async () => undefined,
  findAll: async () => [],
  isPinned: () => false,
  tune: () => undefined,
  watch: async function* () {},
  remove: async () => undefined,
  view: async () => [],
  readConfig: async () => new Uint8Array(),
  usage: async () => ({ bytes: 0, inodes: 0 }),
  collect: async () => ({ gone: [], kept: [] }),
  pins: async () => [],
  pin: async (pattern) => ({ pattern, by: "somebody" }),
  unpin: async (pattern) => ({ pattern, by: "somebody" }),
  tag: () => Promise.reject(new Error("There is nothing to tag")),
  untag: async () => undefined,
  load: () => Promise.reject(new Error("There is nowhere to load to")),
  readBlob: async function* () {},
  holds: async () => [],
  hold: async () => undefined,
  release: async () => undefined,
  check: async () => ({ images: 0, resources: 0, findings: [], unreadable: [] }),
  account: async () => ({ lines: [], total: nothing, unaccounted: { ...nothing, paths: [] } }),
  repair: async () => [],
};

async function refuse(): Promise<never> {
  throw new StowageError("not-found", "Cannot do that: there is no container");
}

const noContainers: ContainerVerbs = {
  createPodSandbox: refuse,
  create: refuse,
  start: refuse,
  stop: async () => undefined,
  delete: async () => undefined,
  metadata: refuse,
  setMetadata: refuse,
  workDirectory: refuse,
  runDirectory: refuse,
  find: async () => undefined,
  list: async () => [],
};
