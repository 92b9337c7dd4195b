import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { defaultSettings, type Settings } from "@stowage/config";
import { CgroupDriver, ImageService, RuntimeService } from "@stowage/cri-api";
import { makeImage, smallImage } from "@stowage/image-fixtures";
import {
  cutAfter,
  type FakeRegistry,
  type FakeRegistryOptions,
  stallAfter,
  startRegistry,
  status,
  when,
} from "@stowage/registry-fake";
import { openSocketTransport } from "@stowage/store-client";
import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "./index.ts";

interface Node {
  readonly images: Client<typeof ImageService>;
  readonly runtime: Client<typeof RuntimeService>;
  readonly settings: Settings;
}

async function scratchSettings(): Promise<Settings> {
  const directory = await mkdtemp(join(tmpdir(), "stowaged-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return { ...defaultSettings, root: join(directory, "store"), address: join(directory, "run", "s.sock") };
}

async function startNode(settings?: Settings): Promise<Node> {
  const used = settings ?? (await scratchSettings());
  const daemon = await startDaemon(used);
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  const socket = openSocketTransport(used.address);
  onTestFinished(() => socket[Symbol.dispose]());
  const { transport } = socket;
  return {
    images: createClient(ImageService, transport),
    runtime: createClient(RuntimeService, transport),
    settings: used,
  };
}

async function offer(options?: FakeRegistryOptions): Promise<{ registry: FakeRegistry; image: string }> {
  const registry = await startRegistry(options);
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("library/small", "1", smallImage());
  return { registry, image: `${registry.host}/library/small:1` };
}

const spec = (image: string) => ({ image: { image } });

test("answers the first calls of a kubelet before there is any image", async () => {
  const { images, runtime, settings } = await startNode();
  const info = await images.imageFsInfo({});
  expect(info.imageFilesystems).toHaveLength(1);
  expect(info.imageFilesystems[0]).toMatchObject({
    fsId: { mountpoint: join(settings.root, "storage") },
    usedBytes: { value: 0n },
  });
  expect(info.imageFilesystems[0]?.timestamp).toBeGreaterThan(1_700_000_000_000_000_000n);
  expect(info.containerFilesystems).toEqual(info.imageFilesystems);
  expect((await stat(String(info.imageFilesystems[0]?.fsId?.mountpoint))).isDirectory()).toBe(true);
  expect(await runtime.version({})).toMatchObject({
    version: "0.1.0",
    runtimeName: "stowage",
    runtimeApiVersion: "v1",
  });
  const { status: runtimeStatus, runtimeHandlers } = await runtime.status({});
  expect(runtimeStatus?.conditions).toMatchObject([
    { type: "RuntimeReady", status: true },
    { type: "NetworkReady", status: true },
  ]);
  expect(runtimeHandlers.map(({ name }) => name)).toEqual([""]);
  expect((await runtime.runtimeConfig({})).linux?.cgroupDriver).toBe(CgroupDriver.SYSTEMD);
  expect((await images.listImages({})).images).toEqual([]);
  expect(await Array.fromAsync(images.streamImages({}))).toEqual([]);
});

test("pulls, answers about, lists, streams and removes an image", async () => {
  const { image } = await offer();
  const { images } = await startNode();
  const { imageRef } = await images.pullImage(spec(image));
  const { image: found, info } = await images.imageStatus(spec(image));
  expect(found).toMatchObject({ id: imageRef, repoTags: [image], uid: { value: 1000n }, username: "", pinned: false });
  expect(found?.size).toBeGreaterThan(0n);
  expect(found?.spec?.annotations).toEqual({ "org.opencontainers.image.title": "small" });
  expect(info).toEqual({});
  for (const name of [imageRef, imageRef.slice(7, 15), ...(found?.repoDigests ?? [])]) {
    expect((await images.imageStatus(spec(name))).image).toEqual(found);
  }
  expect((await images.imageStatus({ image: { imageRef } })).image).toEqual(found);
  expect((await images.listImages({})).images).toEqual([found]);
  expect((await images.listImages({ filter: spec(image) })).images).toEqual([found]);
  expect((await images.listImages({ filter: spec("absent:1") })).images).toEqual([]);
  expect((await Array.fromAsync(images.streamImages({}))).flatMap((batch) => batch.images)).toEqual([found]);
  expect((await images.imageFsInfo({})).imageFilesystems[0]?.usedBytes?.value).toBe(found?.size);
  await images.removeImage(spec(imageRef));
  await images.removeImage(spec(imageRef));
  expect((await images.imageStatus(spec(image))).image).toBeUndefined();
  expect((await images.listImages({})).images).toEqual([]);
});

test("a verbose status tells the chain id and the config", async () => {
  const { image } = await offer();
  const { images } = await startNode();
  await images.pullImage(spec(image));
  const { info } = await images.imageStatus({ ...spec(image), verbose: true });
  expect(JSON.parse(info["info"] ?? "")).toMatchObject({
    chainID: expect.stringMatching(/^sha256:/),
    imageSpec: { os: "linux" },
  });
});

test.for([
  { user: "nobody", says: { username: "nobody" } },
  { user: "nobody:grp", says: { username: "nobody" } },
  { user: "1002:1003", says: { uid: { value: 1002n } } },
  { user: "0", says: { uid: { value: 0n } } },
])("user $user is told as a number or as a name, never both", async ({ user, says }) => {
  const { registry } = await offer();
  registry.putImage(
    "user",
    "1",
    makeImage({
      platforms: [
        { platform: "linux/amd64", user, layers: [] },
        { platform: "linux/arm64", user, layers: [] },
      ],
    }),
  );
  const { images } = await startNode();
  await images.pullImage(spec(`${registry.host}/user:1`));
  const { image } = await images.imageStatus(spec(`${registry.host}/user:1`));
  expect({ uid: image?.uid, username: image?.username }).toMatchObject({ uid: undefined, username: "", ...says });
});

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => Promise.reject(new Error("the call did not fail")),
    (error: unknown) => ConnectError.from(error),
  );
}

test.for([
  { what: "an empty name", name: "", code: Code.InvalidArgument, says: /no image specified/ },
  { what: "what is no reference", name: "lower/UPPER", code: Code.InvalidArgument, says: /^Cannot parse/ },
  {
    what: "a digest that is a path",
    name: "a@sha256:../../etc/passwd",
    code: Code.InvalidArgument,
    says: /^Cannot parse/,
  },
  {
    what: "a registry that is not there",
    name: "127.0.0.1:1/x:1",
    code: Code.Unknown,
    says: /^RegistryUnavailable: Cannot pull 127\.0\.0\.1:1\/x:1: /,
  },
])("PullImage of $what fails with its own code and one clear line", async ({ name, code, says }) => {
  const { images } = await startNode();
  const error = await failure(images.pullImage(spec(name)));
  expect(error.code).toBe(code);
  expect(error.rawMessage).toMatch(says);
  expect(error.rawMessage).not.toContain("\n");
});

test.for([
  { what: "no such tag", tag: "2", code: Code.NotFound, fault: undefined },
  {
    what: "a wrong digest",
    tag: "1",
    code: Code.FailedPrecondition,
    fault: when(/manifests/, (request, next) =>
      next(request).then((answer) => ({
        ...answer,
        headers: { ...answer.headers, "docker-content-digest": `sha256:${"0".repeat(64)}` },
      })),
    ),
  },
  { what: "a registry that fails", tag: "1", code: Code.Unknown, fault: status(500) },
  { what: "a layer that breaks off", tag: "1", code: Code.Unknown, fault: when(/blobs/, cutAfter(3)) },
  { what: "a refusal", tag: "1", code: Code.PermissionDenied, fault: status(403) },
])("PullImage that meets $what fails with its own code, and no image is listed", async ({ tag, code, fault }) => {
  const { registry } = await offer();
  if (fault !== undefined) registry.wrap(fault);
  const { images } = await startNode();
  const error = await failure(images.pullImage(spec(`${registry.host}/library/small:${tag}`)));
  expect(error.code).toBe(code);
  expect(error.rawMessage).toContain(registry.host);
  expect((await images.listImages({})).images).toEqual([]);
});

test("PullImage takes every form of credential, and a wrong one is not turned anonymous", async () => {
  const { registry, image } = await offer({ authentication: { kind: "basic", users: { user: "right" } } });
  const { images } = await startNode();
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  await images.pullImage({ ...spec(image), auth: { username: "user", password: "right" } });
  await images.pullImage({ ...spec(image), auth: { auth: encoded("user:right\0\0") } });
  await images.pullImage({
    ...spec(image),
    auth: { username: "user", password: "right", serverAddress: `http://${registry.host}/v2/` },
  });
  for (const auth of [
    undefined,
    { username: "user", password: "wrong-canary" },
    { username: "user", password: "right", serverAddress: "elsewhere.example" },
  ]) {
    const error = await failure(images.pullImage({ ...spec(image), ...(auth === undefined ? {} : { auth }) }));
    expect(error.code).toBe(Code.Unauthenticated);
    expect(error.message).not.toContain("canary");
  }
  const malformed = await failure(images.pullImage({ ...spec(image), auth: { auth: "canary!" } }));
  expect(malformed.code).toBe(Code.InvalidArgument);
  expect(malformed.message).not.toContain("canary");
});

test("PullImage ends with the deadline and with the leaving of its caller, and leaves no image", async () => {
  const { registry, image } = await offer();
  registry.wrap(when(/blobs/, stallAfter(1)));
  const { images } = await startNode();
  expect((await failure(images.pullImage(spec(image), { timeoutMs: 200 }))).code).toBe(Code.DeadlineExceeded);
  const leaving = new AbortController();
  const left = images.pullImage(spec(image), { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 200);
  expect((await failure(left)).code).toBe(Code.Canceled);
  expect((await images.listImages({})).images).toEqual([]);
});

test("a runtime handler that nobody configured is refused", async () => {
  const { image } = await offer();
  const { images } = await startNode();
  const error = await failure(images.pullImage({ image: { image, runtimeHandler: "kata" } }));
  expect(error.code).toBe(Code.InvalidArgument);
  expect(error.rawMessage).toContain('"kata"');
});

test("the socket is its owner's alone, and goes with the daemon", async () => {
  const settings = await scratchSettings();
  const daemon = await startDaemon(settings);
  expect((await stat(settings.address)).mode & 0o777).toBe(0o600);
  await daemon[Symbol.asyncDispose]();
  await expect(stat(settings.address)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a socket that a dead daemon left is replaced, one that answers is not", async () => {
  const settings = await scratchSettings();
  const first = await startDaemon(settings);
  const other = { ...settings, root: `${settings.root}-2` };
  await expect(startDaemon(other)).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringContaining(settings.address),
  });
  await first[Symbol.asyncDispose]();
  const killed = spawn(process.execPath, [
    "-e",
    `require("net").createServer().listen(${JSON.stringify(settings.address)})`,
  ]);
  await expect.poll(() => existsSync(settings.address)).toBe(true);
  killed.kill("SIGKILL");
  await once(killed, "exit");
  expect((await stat(settings.address)).isSocket()).toBe(true);
  const { images } = await startNode(settings);
  expect((await images.listImages({})).images).toEqual([]);
});

test("a store that another process has is not opened, and the holder is named", async () => {
  const { settings } = await startNode();
  await expect(startDaemon({ ...settings, address: `${settings.address}2` })).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringContaining(String(process.pid)),
  });
});

test.for([25, 60])("waits for a call that is under way when it may take %i days", async (days) => {
  const { registry, image } = await offer();
  registry.wrap(when(/blobs/, stallAfter(1)));
  const settings = { ...(await scratchSettings()), stopTimeout: days * 86_400 };
  await using daemon = await startDaemon(settings);
  using socket = openSocketTransport(settings.address);
  const pulling = createClient(ImageService, socket.transport).pullImage(spec(image));
  pulling.catch(() => undefined);
  await expect.poll(() => registry.requests.some(({ path }) => path.includes("/blobs/"))).toBe(true);
  const hurry = new AbortController();
  const drained = daemon.drain({ signal: hurry.signal }).then(() => "drained");
  expect(await Promise.race([drained, pause(300, "waits")])).toBe("waits");
  hurry.abort();
  expect(await drained).toBe("drained");
});
