import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeAuthConfig } from "@stowage/auth";
import { kernelMounter } from "@stowage/container-fs";
import type { Containers } from "@stowage/containers";
import { layerIdOf } from "@stowage/containers-storage";
import type { AbortOptions } from "@stowage/errors";
import { diffIdsOf } from "@stowage/images";
import { mount } from "@stowage/linux";
import { encodedOf } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { stallAfter, when } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { inDatabase, pulled, requestFor, startMachine } from "./container-machine.test.fixture.ts";
import type { Store } from "./index.ts";

const privileged = test.skipIf(process.getuid?.() !== 0);

/** Everything that a container has, and a failed one must not leave. */
async function leftIn({ containers, writable, images }: Store): Promise<readonly string[]> {
  const keys = (await Array.fromAsync(writable.list())).map(({ key }) => key);
  const holders = (await images.holds()).map(({ holder }) => holder);
  const work = (await images.account()).lines.find(({ kind }) => kind === "writable");
  expect((await images.account()).unaccounted.paths).toEqual([]);
  return [
    ...(await containers.list()).map(({ id }) => id),
    ...keys,
    ...holders,
    ...(work?.inodes === 0 ? [] : ["work"]),
  ];
}

type Call = (containers: Containers, id: string, options?: AbortOptions) => Promise<unknown>;

/** The methods of CRI-O's RuntimeServer that name a container, and what they make of one that they do not know. */
const methods: readonly { readonly name: string; readonly call: Call; readonly unknown: "not-found" | "fine" }[] = [
  { name: "StartContainer", call: (containers, id, options) => containers.start(id, options), unknown: "not-found" },
  { name: "StopContainer", call: (containers, id, options) => containers.stop(id, options), unknown: "fine" },
  { name: "DeleteContainer", call: (containers, id, options) => containers.delete(id, options), unknown: "fine" },
  {
    name: "GetContainerMetadata",
    call: (containers, id, options) => containers.metadata(id, options),
    unknown: "not-found",
  },
  {
    name: "SetContainerMetadata",
    call: (containers, id, options) => containers.setMetadata(id, "{}", options),
    unknown: "not-found",
  },
  {
    name: "GetWorkDir",
    call: (containers, id, options) => containers.workDirectory(id, options),
    unknown: "not-found",
  },
  { name: "GetRunDir", call: (containers, id, options) => containers.runDirectory(id, options), unknown: "not-found" },
];

describe.for(methods)("$name", ({ call, unknown }) => {
  test("refuses an empty id", async () => {
    const { containers } = await (await startMachine()).open();
    const refused = { code: "invalid-argument", message: expect.stringMatching(/: invalid container ID$/) };
    await expect(call(containers, "")).rejects.toMatchObject(refused);
  });

  test.for(["never", "../../etc", "x".repeat(200)])(`finds it ${unknown} that there is no container %j`, async (id) => {
    const { containers } = await (await startMachine()).open();
    const answer = call(containers, id);
    if (unknown === "fine") await answer;
    else {
      const refused = { code: unknown, message: expect.stringMatching(/: invalid container ID$/) };
      await expect(answer).rejects.toMatchObject(refused);
    }
  });

  test("stops with the reason of the signal", async () => {
    const store = await (await startMachine()).open();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(call(store.containers, "web", { signal })).rejects.toBe(signal.reason);
  });
});

describe("CreateContainer", () => {
  test("makes directories and a record, and answers with the config and the labels", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    const request = {
      ...requestFor(image),
      attempt: 2,
      processLabel: "p",
      mountLabel: "system_u:object_r:c_t:s0:c1,c2",
    };
    const created = await store.containers.create(request);
    expect(created).toMatchObject({ id: "web", processLabel: "p", mountLabel: request.mountLabel });
    expect(created.config).toEqual(await store.images.readConfig(image));
    for (const path of [created.workDirectory, created.runDirectory])
      expect((await stat(path)).mode & 0o7777).toBe(0o700);
    const metadata = JSON.parse(await store.containers.metadata("web"));
    expect(metadata).toEqual({
      "pod-name": "web-0",
      "pod-id": "pod",
      "image-name": "small",
      "image-id": encodedOf(image.id),
      name: request.containerName,
      "metadata-name": request.containerName,
      mountlabel: request.mountLabel,
      "created-at": expect.any(Number),
      attempt: 2,
    });
    expect(Math.abs(metadata["created-at"] - Date.now() / 1000)).toBeLessThan(60);
    const container = { id: "web", names: [request.containerName], imageId: image.id, volatile: true };
    expect(await store.containers.list()).toMatchObject([{ ...container, state: "created" }]);
    expect((await store.containers.find(request.containerName))?.id).toBe("web");
  });

  test.for([
    { what: "pod name", change: { podName: "" }, says: "invalid pod name" },
    { what: "pod id", change: { podId: "" }, says: "invalid pod name" },
    { what: "container name", change: { containerName: "" }, says: "invalid container name" },
    { what: "container id", change: { id: "" }, says: "invalid container ID" },
    { what: "usable container id", change: { id: "../web" }, says: "invalid container ID" },
    { what: "usable mount label", change: { mountLabel: '"x",rw' }, says: "invalid mount label" },
    { what: "usable id map", change: { idMap: { uids: [], gids: [] } }, says: "expected ranges" },
  ])("refuses a request without a $what, and leaves nothing", async ({ change, says }) => {
    const { store, image } = await pulled(await startMachine());
    const before = await leftIn(store);
    const creation = store.containers.create({ ...requestFor(image), ...change });
    await expect(creation).rejects.toMatchObject({ code: "invalid-argument", message: expect.stringContaining(says) });
    expect(await leftIn(store)).toEqual(before);
  });

  test("refuses an image that is not here, and leaves nothing", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    await store.images.remove(image.id);
    await expect(store.containers.create(requestFor(image))).rejects.toMatchObject({ code: "not-found" });
    expect(await leftIn(store)).toEqual([]);
  });

  test.for([
    { what: "id", change: { containerName: "other" } },
    { what: "name", change: { id: "other" } },
  ])("refuses a $what that is taken, and does nothing to the container that has it", async ({ change }) => {
    const { store, image } = await pulled(await startMachine());
    const { workDirectory } = await store.containers.create(requestFor(image));
    await writeFile(join(workDirectory, "note"), "");
    const second = store.containers.create({ ...requestFor(image), ...change });
    await expect(second).rejects.toMatchObject({ code: "already-exists" });
    expect((await store.containers.list()).map(({ id, state }) => [id, state])).toEqual([["web", "created"]]);
    expect(await readdir(workDirectory)).toEqual(["note"]);
  });

  test("of two at once with one name one is created, and nothing is left of the other", async () => {
    const { store, image } = await pulled(await startMachine());
    const both = await Promise.allSettled(
      ["a", "b"].map((id) => store.containers.create({ ...requestFor(image, id), containerName: "one" })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const [{ id } = { id: "" }] = await store.containers.list();
    expect(await leftIn(store)).toEqual([id, `container-${id}`, `container ${id}`, "work"]);
  });

  test("leaves nothing where its directory cannot be made", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    await writeFile(join(machine.root, "containers"), "in the way");
    await expect(store.containers.create(requestFor(image))).rejects.toMatchObject({ code: "failed-precondition" });
    await rm(join(machine.root, "containers"));
    expect(await leftIn(store)).toEqual([]);
    await store.containers.create(requestFor(image));
  });

  test("brings the layer back that an image has lost, and fails where nobody has it", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    const lowest = join(machine.root, "storage", "overlay", layerIdOf(diffIdsOf(image).slice(0, 1)));
    await rm(lowest, { recursive: true });
    await store.containers.create(requestFor(image));
    expect(await readdir(join(lowest, "diff"))).toContain("etc");
    await store.containers.delete("web");
    await rm(lowest, { recursive: true });
    await machine.registry[Symbol.asyncDispose]();
    await expect(store.containers.create(requestFor(image))).rejects.toMatchObject({ code: "data-loss" });
    expect(await leftIn(store)).toEqual([]);
  });
});

describe("CreatePodSandbox", () => {
  const sandbox = (pauseImage: string) => {
    const names = { podName: "web-0", podId: "pod", containerName: "k8s_POD_web-0_default" };
    return { ...names, metadataName: "web-0", uid: "u-1", namespace: "default", pauseImage };
  };

  test("pulls the pause image where it is not here, and only there", async () => {
    const machine = await startMachine();
    const { containers, images } = await machine.open();
    const created = await containers.createPodSandbox(sandbox(machine.imageName));
    expect(created.id).toBe("pod");
    const [image] = await images.list();
    expect(JSON.parse(await containers.metadata("pod"))).toMatchObject({
      "pod-id": "pod",
      "image-name": machine.imageName,
      "image-id": image === undefined ? "" : encodedOf(image.id),
      "metadata-name": "web-0",
      uid: "u-1",
      namespace: "default",
      pod: true,
    });
    expect((await containers.find("pod"))?.names).toEqual(["k8s_POD_web-0_default", "web-0"]);
    expect((await containers.find("web-0"))?.id).toBe("pod");
    await machine.registry[Symbol.asyncDispose]();
    await containers.delete("pod");
    await containers.createPodSandbox(sandbox(machine.imageName));
  });

  test.for([
    { what: "with the caller's credential", has: "credential", isLetIn: true },
    { what: "with the caller's auth file", has: "file", isLetIn: true },
    { what: "not without either", has: "neither", isLetIn: false },
  ])("pulls it $what", async ({ has, isLetIn }) => {
    const machine = await startMachine({ authentication: { kind: "basic", users: { me: "hunter2" } } });
    const authFile = join(machine.root, "..", "auth.json");
    const nobody = join(machine.root, "..", "nobody.json");
    await writeFile(nobody, "{}");
    const { containers } = await machine.open({ registry: { authFile: nobody } });
    const auth = Buffer.from("me:hunter2").toString("base64");
    await writeFile(authFile, JSON.stringify({ auths: { [machine.registry.host]: { auth } } }));
    const credential = decodeAuthConfig({ username: "me", password: "hunter2" })?.credential;
    const authority = has === "credential" ? { credential } : has === "file" ? { authFile } : {};
    const creation = containers.createPodSandbox({ ...sandbox(machine.imageName), ...authority });
    if (isLetIn) expect((await creation).id).toBe("pod");
    else await expect(creation).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("stops pulling when the caller leaves, and leaves nothing", async () => {
    const machine = await startMachine();
    const store = await machine.open();
    machine.registry.wrap(when(/blobs/, stallAfter(1)));
    const reason = new Error("enough");
    const caller = new AbortController();
    const creation = store.containers.createPodSandbox(sandbox(machine.imageName), { signal: caller.signal });
    await expect.poll(() => machine.registry.requests.some(({ path }) => path.includes("/blobs/"))).toBe(true);
    caller.abort(reason);
    await expect(creation).rejects.toBe(reason);
    expect(await store.containers.list()).toEqual([]);
  });

  test.for([
    { change: { podName: "" }, says: "invalid pod name" },
    { change: { podId: "" }, says: "invalid pod name" },
    { change: { containerName: "" }, says: "invalid container name" },
    { change: { podId: "a/b" }, says: "invalid sandbox ID" },
    { change: { pauseImage: "" }, says: "no image specified" },
  ])("says $says, and asks no registry", async ({ change, says }) => {
    const machine = await startMachine();
    const store = await machine.open();
    const creation = store.containers.createPodSandbox({ ...sandbox(machine.imageName), ...change });
    await expect(creation).rejects.toMatchObject({ code: "invalid-argument", message: expect.stringContaining(says) });
    expect(machine.registry.requests).toEqual([]);
    expect(await leftIn(store)).toEqual([]);
  });
});

describe("StartContainer and StopContainer", () => {
  privileged.for([{ volatile: true }, { volatile: false }])(
    "what was written is there when it is started anew, volatile: $volatile (needs root)",
    async ({ volatile }) => {
      const { store, image } = await pulled(await startMachine());
      const { containers } = store;
      await containers.create({ ...requestFor(image), volatile });
      const rootfs = await containers.start("web");
      expect(await readFile(join(rootfs, "etc", "motd"), "utf8")).toContain("stowed");
      await writeFile(join(rootfs, "etc", "motd"), "changed");
      expect((await containers.find("web"))?.state).toBe("mounted");
      await containers.stop("web");
      await containers.stop("web");
      expect((await containers.find("web"))?.state).toBe("created");
      expect(await readdir(rootfs)).toEqual([]);
      expect(await readFile(join(await containers.start("web"), "etc", "motd"), "utf8")).toBe("changed");
    },
  );

  privileged("a second start answers the same, and one stop is enough (needs root)", async () => {
    const { store, image } = await pulled(await startMachine());
    const { containers } = store;
    const request = requestFor(image);
    await containers.create(request);
    const paths = await Promise.all(["web", request.containerName, "web"].map((name) => containers.start(name)));
    expect(new Set(paths).size).toBe(1);
    await containers.stop(request.containerName);
    expect((await containers.find("web"))?.state).toBe("created");
  });

  privileged("containers of one image do not see each other's files (needs root)", async () => {
    const { store, image } = await pulled(await startMachine());
    for (const id of ["a", "b"]) {
      await store.containers.create(requestFor(image, id));
      await writeFile(join(await store.containers.start(id), "name"), id);
    }
    for (const id of ["a", "b"])
      expect(await readFile(join(await store.containers.start(id), "name"), "utf8")).toBe(id);
  });

  privileged("a file that is open does not keep it from being stopped (needs root)", async () => {
    const { store, image } = await pulled(await startMachine());
    await store.containers.create(requestFor(image));
    const rootfs = await store.containers.start("web");
    mount({ type: "tmpfs", source: "tmpfs", options: [], target: join(rootfs, "home") });
    process.chdir(join(rootfs, "etc"));
    try {
      await store.containers.stop("web");
      expect((await store.containers.find("web"))?.state).toBe("created");
    } finally {
      process.chdir("/");
    }
  });

  privileged("a user namespace sees the files as its own, and nothing is copied for it (needs root)", async () => {
    const { store, image } = await pulled(await startMachine());
    const before = await store.images.usage();
    const range = { inside: 0, outside: 100_000, length: 65_536 };
    await store.containers.create({ ...requestFor(image), idMap: { uids: [range], gids: [range] } });
    const rootfs = await store.containers.start("web");
    expect(await stat(join(rootfs, "etc", "motd"))).toMatchObject({ uid: 100_000, gid: 100_000 });
    expect(await stat(join(rootfs, "home", "user"))).toMatchObject({ uid: 101_000, gid: 101_000 });
    expect(await store.images.usage()).toEqual(before);
  });

  privileged("the root of a user namespace can come to the files, and nobody else (needs root)", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    await chmod(join(machine.root, ".."), 0o711);
    const range = { inside: 0, outside: 100_000, length: 65_536 };
    await store.containers.create({ ...requestFor(image), idMap: { uids: [range], gids: [range] } });
    const motd = join(await store.containers.start("web"), "etc", "motd");
    const readAs = (uid: number) => execFileSync("cat", [motd], { uid, gid: uid, stdio: "pipe", encoding: "utf8" });
    expect(readAs(100_000)).toContain("stowed");
    expect(() => readAs(101_000)).toThrow("Permission denied");
  });

  privileged("a container of another runtime handler is on its image, in its snapshotter (needs root)", async () => {
    const machine = await startMachine();
    const { containers, images, root } = await machine.open({
      runtimes: { kata: { snapshotter: "native", platform: undefined } },
    });
    const image = await images.pull(parseReference(machine.imageName), { handler: "kata" });
    await expect(containers.create(requestFor(image))).rejects.toMatchObject({ code: "not-found" });
    await containers.create({ ...requestFor(image), handler: "kata" });
    await images.remove(image.id);
    const rootfs = await containers.start("web");
    await writeFile(join(rootfs, "log"), "written");
    expect(await readFile(join(root, "storage-native", "writable", "container-web", "diff", "log"), "utf8")).toBe(
      "written",
    );
    await containers.stop("web");
    expect((await containers.find("web"))?.state).toBe("created");
    await containers.delete("web");
    expect((await images.account()).lines.find(({ kind }) => kind === "leftovers")?.inodes).toBe(0);
    expect(await readdir(join(root, "storage-native", "writable"))).toEqual([]);
  });

  privileged("says what is missing of one that cannot be mounted, and mounts nothing (needs root)", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    await store.containers.create(requestFor(image));
    await rm(join(machine.root, "storage", "writable", "container-web"), { recursive: true });
    await expect(store.containers.start("web")).rejects.toMatchObject({ code: "not-found" });
    expect((await store.containers.find("web"))?.state).toBe("lost");
    await store.containers.delete("web");
    expect(await leftIn(store)).toEqual([]);
  });
});

describe("DeleteContainer", () => {
  privileged("takes a container away that is mounted, once, and its names are free (needs root)", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    const { workDirectory, runDirectory } = await store.containers.create(requestFor(image));
    await mkdir(join(runDirectory, "shm"));
    mount({ type: "tmpfs", source: "tmpfs", options: [], target: join(runDirectory, "shm") });
    await writeFile(join(await store.containers.start("web"), "log"), "x".repeat(100_000));
    await store.containers.delete("web");
    await store.containers.delete("web");
    for (const path of [workDirectory, runDirectory])
      await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await leftIn(store)).toEqual([]);
    await store.containers.create(requestFor(image));
    await store.containers.delete(requestFor(image).containerName);
    expect(await leftIn(store)).toEqual([]);
  });

  test("leaves other containers, and other people's writable snapshots", async () => {
    const { store, image } = await pulled(await startMachine());
    await store.writable.create("web", diffIdsOf(image));
    for (const id of ["web", "db"]) await store.containers.create(requestFor(image, id));
    await store.containers.delete("web");
    expect((await store.containers.list()).map(({ id }) => id)).toEqual(["db"]);
    expect(await store.writable.find("web")).toBeDefined();
  });

  privileged("goes on where it failed before (needs root)", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    await store.containers.create(requestFor(image));
    const elsewhere = join(machine.root, "..", "elsewhere");
    await mkdir(elsewhere);
    const [shown] = await store.writable.mounts("container-web");
    if (shown === undefined) throw new Error("a writable snapshot has a mount");
    mount({ ...shown, target: elsewhere });
    await expect(store.containers.delete("web")).rejects.toMatchObject({ code: "failed-precondition" });
    await kernelMounter.unmount(elsewhere);
    await store.containers.delete("web");
    expect(await leftIn(store)).toEqual([]);
  });

  test("a record that cannot be read is left alone, told of, and can be deleted", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    for (const id of ["web", "db"]) await store.containers.create(requestFor(image, id));
    await store[Symbol.asyncDispose]();
    inDatabase(machine.root, "UPDATE containers SET record = '{' WHERE id = 'web'");
    const told: unknown[] = [];
    const again = await machine.open({ onFailure: (error) => told.push(error) });
    expect(told).toMatchObject([{ code: "data-loss", message: expect.stringContaining('"web"') }]);
    expect((await again.containers.list()).map(({ id }) => id)).toEqual(["db"]);
    expect(await again.writable.find("container-web")).toBeDefined();
    await again.containers.delete("web");
    expect(await again.writable.find("container-web")).toBeUndefined();
    await again.containers.create(requestFor(image));
  });
});

describe("SetContainerMetadata", () => {
  test("notes what is read back as it was written, also after a restart", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    await store.containers.create(requestFor(image));
    const text = '{ "pod-name":"web-0", "pod-id":"pod", "created-at":12, "later":[1] }';
    await store.containers.setMetadata(requestFor(image).containerName, text);
    expect(await store.containers.metadata("web")).toBe(text);
    await store[Symbol.asyncDispose]();
    expect(await (await machine.open()).containers.metadata("web")).toBe(text);
  });

  test.for(["", "{", "[]", '{"pod-name":1}'])("refuses %j, and keeps what it had", async (text) => {
    const { store, image } = await pulled(await startMachine());
    await store.containers.create(requestFor(image));
    const before = await store.containers.metadata("web");
    await expect(store.containers.setMetadata("web", text)).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await store.containers.metadata("web")).toBe(before);
  });
});

describe("GetWorkDir and GetRunDir", () => {
  test("make what is missing, for their owner alone, and are told by id and by name", async () => {
    const { store, image } = await pulled(await startMachine());
    const { workDirectory, runDirectory } = await store.containers.create(requestFor(image));
    for (const path of [workDirectory, runDirectory]) await rm(path, { recursive: true });
    expect(await store.containers.workDirectory("web")).toBe(workDirectory);
    expect(await store.containers.runDirectory(requestFor(image).containerName)).toBe(runDirectory);
    for (const path of [workDirectory, runDirectory]) expect((await stat(path)).mode & 0o7777).toBe(0o700);
  });

  test("what is in a work directory is known for what it is", async () => {
    const { store, image } = await pulled(await startMachine());
    const { workDirectory } = await store.containers.create(requestFor(image));
    await writeFile(join(workDirectory, "log"), "x".repeat(100_000));
    const { lines, unaccounted } = await store.images.account();
    expect(unaccounted.paths).toEqual([]);
    expect(lines.find(({ kind }) => kind === "writable")?.bytes).toBeGreaterThan(100_000);
  });

  test("two stores with one run root do not meet in it", async () => {
    const machine = await startMachine();
    const { store, image } = await pulled(machine);
    const { runDirectory } = await store.containers.create(requestFor(image));
    await writeFile(join(runDirectory, "pid"), "");
    const other = await machine.open({ root: `${machine.root}-2` });
    const pulledThere = await other.images.pull(parseReference(machine.imageName));
    const { runDirectory: second } = await other.containers.create(requestFor(pulledThere));
    expect(await readdir(second)).toEqual([]);
    expect(await readdir(runDirectory)).toEqual(["pid"]);
  });
});
