import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { busyboxImage } from "@stowage/image-fixtures";
import { digestOf, encodedOf, parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { describe, expect, test } from "vitest";
import {
  containerOptions,
  inOwnMounts,
  needsRoot,
  podmanOptions,
  scratchDirectory,
  scratchRegistry,
  scratchStore,
  startPeers,
} from "./peers.test.fixture.ts";

const platform = parsePlatform("linux/amd64");
const busybox = readFileSync("/bin/busybox");
const image = busyboxImage(busybox, {
  config: { Env: ["PATH=/bin", "WHO=stowage"], Cmd: ["sh", "-c", "echo hello $WHO"] },
});

/** A store with the image `app:1`, and the others beside it. */
async function stocked(graph?: string) {
  const registry = await scratchRegistry();
  registry.putImage("app", "1", image);
  const additionalStore = { publish: true, consumers: graph === undefined ? [] : [graph] };
  const store = await scratchStore({ additionalStore });
  const name = `${registry.host}/app:1`;
  const pulled = await store.images.pull(parseReference(name), { platform });
  const peers = await startPeers({ store: store.root, graph });
  return { registry, store, name, pulled, peers };
}

const listNames = ["images", "--format", "{{.Repository}}:{{.Tag}} {{.ReadOnly}}"];

describe.skipIf(needsRoot)("what is pulled is there for others, with no bytes copied (needs root)", () => {
  test("podman lists it, and runs it with crun and with runc", async () => {
    const { name, peers, pulled } = await stocked();
    expect(await peers.run("podman", ...listNames)).toBe(`${name} true`);
    expect(await peers.run("podman", "image", "inspect", "--format", "{{.Id}}", name)).toBe(encodedOf(pulled.id));
    for (const runtime of ["crun", "runc"] as const)
      expect(await peers.runImage(name, { runtime })).toBe("hello stowage");
    expect(await peers.runImage(name, { command: ["sh", "-c", "cat /etc/motd; ls /etc/gone || true"] })).toBe("above");
    expect(await layersIn(peers.graph)).toEqual([]);
  });

  test("skopeo copies it out, byte for byte", async () => {
    const { name, peers, pulled } = await stocked();
    const out = join(await scratchDirectory(), "out");
    await peers.run("skopeo", "copy", `containers-storage:${name}`, `dir:${out}`);
    for (const { diffId } of pulled.layers) {
      expect(digestOf(await readFile(join(out, encodedOf(diffId))))).toBe(diffId);
    }
  });

  test("buildah makes a container from it, and changes it", async () => {
    const { name, peers } = await stocked();
    const container = await peers.run("buildah", "from", name);
    await peers.run("buildah", "copy", container, "/etc/hostname", "/added");
    const mounted = await peers.run("sh", "-c", `cat $(buildah mount ${container})/etc/motd`);
    expect(mounted).toBe("above");
    await peers.run("buildah", "rm", container);
  });

  test("CRI-O and others that keep the store open see what comes and goes", async () => {
    const { registry, store, name, peers } = await stocked();
    const socket = join(await scratchDirectory(), "podman.sock");
    const serving = peers.run("podman", ...podmanOptions, "system", "service", "--time", "4", `unix://${socket}`);
    const listed = async () => await inOwnMounts(["podman", "--url", `unix://${socket}`, ...listNames]);
    await expect.poll(listed).toContain("app:1");
    registry.putImage("later", "1", busyboxImage(busybox, { config: { Env: ["LATER=1"] } }));
    await store.images.pull(parseReference(`${registry.host}/later:1`), { platform });
    expect(await listed()).toContain("later:1");
    await store.images.remove(name);
    expect(await listed()).not.toContain("app:1");
    await serving;
  });
});

describe.skipIf(needsRoot)("what would break others does not happen (needs root)", () => {
  test("a name that moves to another image is told of one only", async () => {
    const { registry, store, name, peers } = await stocked();
    registry.putImage("app", "1", busyboxImage(busybox, { config: { Env: ["NEW=1"] } }));
    const { id } = await store.images.pull(parseReference(name), { platform });
    expect(await peers.run("podman", "image", "inspect", "--format", "{{.Id}}", name)).toBe(encodedOf(id));
    expect((await peers.run("podman", "images", "--quiet")).split("\n")).toHaveLength(2);
  });

  test("an image of another runtime handler does not come under a name that is told already", async () => {
    const { registry, name } = await stocked();
    const runtimes = { other: { snapshotter: undefined, platform: undefined } };
    const store = await scratchStore({ runtimes });
    for (const handler of ["", "other"]) await store.images.pull(parseReference(name), { platform, handler });
    const peers = await startPeers({ store: store.root });
    expect(await peers.run("podman", ...listNames)).toBe(`${registry.host}/app:1 true`);
  });

  test("a store that can only be read is read", async () => {
    const { store, name } = await stocked();
    const readOnly = await scratchDirectory();
    await mkdir(join(readOnly, "storage")); // without one, podman does not even begin
    const peers = await startPeers({ store: readOnly });
    const bind = 'mount --bind "$1" "$2" && mount -o remount,bind,ro "$2"; shift 2; exec "$@"';
    const listing = ["podman", ...listNames];
    const out = await peers.run("sh", "-c", bind, "sh", store.root, readOnly, ...listing);
    expect(out).toBe(`${name} true`);
  });

  test("an image that has lost something is not told of until it is whole again", async () => {
    const { store, name, pulled, peers } = await stocked();
    await store.images.check({ level: "sizes" });
    const [top] = pulled.layers.toReversed();
    const layers = join(store.root, "storage/overlay");
    const ids = (await readdir(layers)).filter((id) => /^[0-9a-f]{64}$/.test(id));
    const lost = ids.find((id) => readFileSync(join(layers, id, "stowage.json"), "utf8").includes(top?.diffId ?? "?"));
    await inOwnMounts(["rm", "-r", join(layers, lost ?? "?", "diff")]);
    await store.images.check({ level: "sizes" });
    expect(await peers.run("podman", ...listNames)).toBe("");
    await store.images.pull(parseReference(name), { platform });
    expect(await peers.run("podman", ...listNames)).toBe(`${name} true`);
    expect(await peers.runImage(name)).toBe("hello stowage");
  });

  test("records that a crash has left behind are put right before anything goes", async () => {
    const { store, name } = await stocked();
    const records = join(store.root, "storage/overlay-images/images.json");
    const before = await readFile(records, "utf8");
    await store.images.remove(name);
    await store[Symbol.asyncDispose]();
    await writeFile(records, before);
    const again = await scratchStore({ root: store.root });
    await again.images.collect();
    const peers = await startPeers({ store: store.root });
    expect(await peers.run("podman", ...listNames)).toBe("");
  });

  test("nothing new is told of a store that others are not to read from now on, and nothing goes from under them", async () => {
    const graph = join(await scratchDirectory(), "graph");
    const { store, name, peers } = await stocked(graph);
    const command = ["create", "--name", "kept", ...containerOptions, name, "cat", "/etc/motd"];
    await peers.run("podman", ...podmanOptions, ...command);
    await store[Symbol.asyncDispose]();
    const closed = await scratchStore({ root: store.root, additionalStore: { publish: false, consumers: [graph] } });
    await closed.images.collect();
    expect(await peers.run("podman", ...listNames)).toBe("");
    expect(await closed.images.find(name)).toBeDefined();
    await closed.images.remove(name);
    await closed.images.collect();
    expect(await peers.run("podman", ...podmanOptions, "start", "--attach", "kept")).toBe("above");
  });

  test("a container of podman's keeps its layers when the image goes, and gives them back when it goes", async () => {
    const graph = join(await scratchDirectory(), "graph");
    const { store, name, peers } = await stocked(graph);
    const podman = (...args: readonly string[]) => peers.run("podman", ...podmanOptions, ...args);
    await podman("create", "--name", "kept", ...containerOptions, name, "cat", "/etc/motd");
    await store.images.remove(name);
    const { kept } = await store.images.collect();
    expect(kept.map(({ why }) => why)).toEqual(["in-use", "in-use"]);
    expect(await podman("start", "--attach", "kept")).toBe("above");
    await podman("rm", "kept");
    await store.images.collect();
    expect((await store.images.usage()).bytes).toBe(0);
    expect((await store.images.account()).unaccounted.paths).toEqual([]);
  });

  test("an image that others have made of our layers, without one of their own, keeps them", async () => {
    const graph = join(await scratchDirectory(), "graph");
    const { store, name, peers } = await stocked(graph);
    const out = join(await scratchDirectory(), "out");
    await peers.run("skopeo", "copy", `containers-storage:${name}`, `oci:${out}:1`);
    await peers.run("skopeo", "copy", `oci:${out}:1`, "containers-storage:example.com/own:1");
    await store.images.remove(name);
    expect((await store.images.collect()).kept).toHaveLength(2);
    expect(await peers.runImage("example.com/own:1")).toBe("hello stowage");
    await peers.run("podman", "rmi", "example.com/own:1");
    expect((await store.images.collect()).gone).toHaveLength(2);
  });

  test("nothing is taken from under others where their records cannot be read", async () => {
    const graph = await scratchDirectory();
    await mkdir(join(graph, "overlay-layers"));
    const records = join(graph, "overlay-layers/layers.json");
    const { store, name } = await stocked(graph);
    await writeFile(records, "[{");
    await store.images.remove(name);
    expect((await store.images.collect()).kept).toHaveLength(2);
    await writeFile(records, "[]");
    expect((await store.images.collect()).gone).toHaveLength(2);
  });
});

async function layersIn(graph: string): Promise<readonly unknown[]> {
  return JSON.parse(await readFile(join(graph, "overlay-layers/layers.json"), "utf8"));
}
