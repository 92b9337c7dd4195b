import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Secret } from "@stowage/auth";
import { defaultSettings, type Settings } from "@stowage/config";
import type { ContainerRequest, ContainerVerbs, PodSandboxRequest } from "@stowage/containers";
import type { AbortOptions } from "@stowage/errors";
import { smallImage } from "@stowage/image-fixtures";
import type { Image } from "@stowage/images";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, type FakeRegistryOptions, stallAfter, startRegistry, when } from "@stowage/registry-fake";
import { describe, expect, onTestFinished, test } from "vitest";
import { scratch } from "./metrics.test.fixture.ts";
import { type HeldStore, openHeld } from "./store-verbs.test.fixture.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);

async function offer(options?: FakeRegistryOptions): Promise<FakeRegistry & { readonly image: string }> {
  const registry = await startRegistry(options);
  onTestFinished(() => registry[Symbol.asyncDispose]());
  registry.putImage("small", "1", smallImage());
  return Object.assign(registry, { image: `${registry.host}/small:1` });
}

function requestFor(image: Pick<Image, "id">, id = "web"): ContainerRequest {
  const containerName = `k8s_${id}_web-0_default`;
  return { podName: "web-0", podId: "pod", containerName, id, imageName: "small", imageId: image.id };
}

function sandboxOf(pauseImage: string): PodSandboxRequest {
  return { podName: "web-0", podId: "pod", containerName: "k8s_POD_web-0_default", pauseImage, namespace: "team" };
}

type Call = (containers: ContainerVerbs, id: string, options?: AbortOptions) => Promise<unknown>;

/** Everything that is done with a container that is there, and what is made of one that is not. */
const calls: readonly { readonly name: string; readonly call: Call; readonly unknown: "not-found" | "fine" }[] = [
  { name: "start", call: (containers, id, options) => containers.start(id, options), unknown: "not-found" },
  { name: "stop", call: (containers, id, options) => containers.stop(id, options), unknown: "fine" },
  { name: "delete", call: (containers, id, options) => containers.delete(id, options), unknown: "fine" },
  { name: "metadata", call: (containers, id, options) => containers.metadata(id, options), unknown: "not-found" },
  {
    name: "setMetadata",
    call: (containers, id, options) => containers.setMetadata(id, "{}", options),
    unknown: "not-found",
  },
  {
    name: "workDirectory",
    call: (containers, id, options) => containers.workDirectory(id, options),
    unknown: "not-found",
  },
  {
    name: "runDirectory",
    call: (containers, id, options) => containers.runDirectory(id, options),
    unknown: "not-found",
  },
];

/** Beside a container that is called `first`. */
const refusedCreations: readonly {
  readonly change: Partial<ContainerRequest>;
  readonly code: string;
  readonly says: RegExp;
}[] = [
  { change: { podName: "" }, code: "invalid-argument", says: /^Cannot create container "web": invalid pod name$/ },
  { change: { podId: "" }, code: "invalid-argument", says: /: invalid pod name$/ },
  { change: { containerName: "" }, code: "invalid-argument", says: /: invalid container name$/ },
  { change: { id: "../web" }, code: "invalid-argument", says: /"..\/web": invalid container ID/ },
  { change: { imageId: "0".repeat(64) }, code: "not-found", says: /is not here$/ },
  { change: { mountLabel: 'a"b' }, code: "invalid-argument", says: /invalid mount label/ },
  { change: { id: "first" }, code: "already-exists", says: /its id is in use already$/ },
  { change: { containerName: "first" }, code: "already-exists", says: /its name "first" is in use already$/ },
];

describe.for([{ daemon: false }, { daemon: true }])("with a daemon that holds the store: $daemon", (held) => {
  const openWith = async (given?: Partial<Settings>): Promise<HeldStore & { readonly image: Image }> => {
    const { image: name } = await offer();
    const store = await openHeld(held, given);
    return { ...store, image: await store.images.pull(parseReference(name)) };
  };

  privileged("a container is created, started, written into, stopped and deleted (needs root)", async () => {
    const { images, containers, image } = await openWith();
    const labels = { processLabel: "process", mountLabel: "" };
    const { config, workDirectory, runDirectory, ...created } = await containers.create({
      ...requestFor(image),
      ...labels,
      volatile: false,
    });
    expect(created).toEqual({ id: "web", ...labels });
    expect(Buffer.from(config)).toEqual(Buffer.from(await images.readConfig(image)));
    expect([await containers.workDirectory("web"), await containers.runDirectory("web")]).toEqual([
      workDirectory,
      runDirectory,
    ]);
    for (const directory of [workDirectory, runDirectory]) expect((await stat(directory)).isDirectory()).toBe(true);

    const rootfs = await containers.start("k8s_web_web-0_default");
    await writeFile(join(rootfs, "log"), "written");
    expect(await containers.list()).toMatchObject([{ id: "web", state: "mounted", volatile: false }]);
    await containers.stop("web");
    await expect(stat(join(rootfs, "log"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await containers.start("web")).toBe(rootfs);
    expect(await readFile(join(rootfs, "log"), "utf8")).toBe("written");

    await images.remove(image.id);
    expect((await images.holds()).map(({ holder }) => holder)).toEqual(["container web"]);
    await containers.delete("web");
    expect(await containers.list()).toEqual([]);
    expect(await images.holds()).toEqual([]);
    for (const path of [rootfs, workDirectory, runDirectory])
      await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("containers are listed, oldest first, and found by their id and names, with all that is known", async () => {
    const { containers, image } = await openWith();
    const idMap = {
      uids: [{ inside: 0, outside: 100_000, length: 65_536 }],
      gids: [{ inside: 0, outside: 200_000, length: 65_536 }],
    };
    await containers.create({ ...requestFor(image), idMap, volatile: false });
    await containers.create(requestFor(image, "db"));
    const listed = await containers.list();
    expect(listed).toEqual([
      {
        id: "web",
        names: ["k8s_web_web-0_default"],
        imageId: image.id,
        metadata: await containers.metadata("web"),
        idMap,
        volatile: false,
        boot: expect.stringMatching(/^[0-9a-f-]{36}$/),
        createdAt: expect.any(Number),
        state: "created",
      },
      expect.objectContaining({ id: "db", volatile: true, state: "created" }),
    ]);
    expect(await containers.find("db")).toEqual(listed[1]);
    expect(await containers.find("k8s_web_web-0_default")).toEqual(listed[0]);
    expect(await containers.find("never")).toBeUndefined();
  });

  test("the metadata is kept as it is written, and is CRI-O's", async () => {
    const { containers, image } = await openWith();
    await containers.create({ ...requestFor(image), metadataName: "web", attempt: 3, isPrivileged: true });
    expect(JSON.parse(await containers.metadata("web"))).toMatchObject({
      "pod-name": "web-0",
      "pod-id": "pod",
      "image-name": "small",
      "metadata-name": "web",
      attempt: 3,
      privileged: true,
    });
    const other = '{ "pod-name": "ünï", "later": [1] }';
    await containers.setMetadata("web", other);
    expect(await containers.metadata("web")).toBe(other);
    await expect(containers.setMetadata("web", "no")).rejects.toMatchObject({
      code: "invalid-argument",
      message: "Cannot read container metadata: it is no JSON",
    });
  });

  test("a creation that cannot be says why, and leaves nothing", async () => {
    const { containers, image } = await openWith();
    await containers.create(requestFor(image, "first"));
    for (const { change, code, says } of refusedCreations) {
      const creation = containers.create({ ...requestFor(image), ...change });
      await expect(creation).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
    }
    expect((await containers.list()).map(({ id }) => id)).toEqual(["first"]);
  });

  test.for(calls)("$name refuses an empty id, and finds an unknown one $unknown", async ({ call, unknown }) => {
    const { containers } = await openHeld(held);
    const says = { message: expect.stringMatching(/: invalid container ID$/) };
    await expect(call(containers, "")).rejects.toMatchObject({ code: "invalid-argument", ...says });
    for (const id of ["never", "../../etc"]) {
      if (unknown === "fine") expect(await call(containers, id)).toBeUndefined();
      else await expect(call(containers, id)).rejects.toMatchObject({ code: unknown, ...says });
    }
  });

  test.for(calls)("$name stops with the reason of the signal", async ({ call }) => {
    const { containers } = await openHeld(held);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(call(containers, "web", { signal })).rejects.toBe(signal.reason);
  });

  test.for([
    { what: "with the caller's credential", has: "credential", isLetIn: true },
    { what: "with the caller's auth file", has: "file", isLetIn: true },
    { what: "not with a wrong credential, which is not repeated", has: "wrong", isLetIn: false },
    { what: "not without any", has: "none", isLetIn: false },
  ])("the pause image of a pod sandbox is pulled $what", async ({ has, isLetIn }) => {
    const registry = await offer({ authentication: { kind: "basic", users: { me: "hunter2" } } });
    const [nobody, authFile] = [join(await scratch(), "nobody.json"), join(await scratch(), "auth.json")];
    await writeFile(nobody, "{}");
    const auth = Buffer.from("me:hunter2").toString("base64");
    await writeFile(authFile, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const { containers } = await openHeld(held, {
      registry: { ...defaultSettings.registry, authFile: nobody },
    });
    const basic = (password: string) => ({ kind: "basic", username: "me", password: new Secret(password) }) as const;
    const authority = {
      credential: { credential: basic("hunter2") },
      wrong: { credential: basic("canary") },
      file: { authFile },
    };
    const given = has === "credential" || has === "wrong" || has === "file" ? authority[has] : {};
    const creation = containers.createPodSandbox({ ...sandboxOf(registry.image), ...given });
    if (isLetIn) {
      expect(await creation).toMatchObject({ id: "pod" });
      expect(await containers.find("web-0")).toMatchObject({ id: "pod", state: "created" });
      expect(JSON.parse(await containers.metadata("pod"))).toMatchObject({ namespace: "team", pod: true });
    } else {
      const says = expect.not.stringContaining("canary");
      await expect(creation).rejects.toMatchObject({ code: "unauthenticated", message: says });
      expect(await containers.list()).toEqual([]);
    }
  });

  test("a pod sandbox whose caller leaves while its image is pulled is not made", async () => {
    const registry = await offer();
    registry.wrap(when(/blobs/, stallAfter(1)));
    const { images, containers } = await openHeld(held);
    const [leaving, reason] = [new AbortController(), new Error("enough")];
    const creation = containers.createPodSandbox(sandboxOf(registry.image), { signal: leaving.signal });
    await expect.poll(() => registry.requests.some(({ path }) => path.includes("/blobs/"))).toBe(true);
    leaving.abort(reason);
    await expect(creation).rejects.toBe(reason);
    expect(await containers.list()).toEqual([]);
    expect(await images.list()).toEqual([]);
  });

  test.for([
    { change: { podId: "a/b" }, says: /invalid sandbox ID/ },
    { change: { pauseImage: "" }, says: /no image specified/ },
  ])("a pod sandbox of $change is refused", async ({ change, says }) => {
    const { containers } = await openHeld(held);
    const creation = containers.createPodSandbox({ ...sandboxOf("a.example/pause"), ...change });
    await expect(creation).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringMatching(says),
    });
  });
});
