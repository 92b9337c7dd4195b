import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { accessSync, constants, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { cgroupHierarchies, readMounts } from "@stowage/linux";
import type { LayerFile } from "@stowage/snapshots";
import { expect, onTestFinished, test } from "vitest";
import { archiveOf, arriving, describeTree, layerOf, scratch, unpacker } from "./layer-fixture.test.support.ts";
import { createUnpacker } from "./unpacker.ts";

const run = promisify(execFile);
const hierarchies = cgroupHierarchies(readMounts());
const inCgroup = test.skipIf(!mayMakeCgroups());

/** A cgroup that goes with the test, and the processes in it, the same in all hierarchies. */
function scratchCgroup(): { readonly cgroup: string; readonly members: () => readonly number[] } {
  const cgroup = `/stowage-test-${randomUUID()}`;
  const membersIn = (hierarchy: string): readonly number[] => {
    const lines = readFileSync(join(hierarchy, cgroup, "cgroup.procs"), "utf8").split("\n");
    return lines.filter((line) => line !== "").map(Number);
  };
  onTestFinished(async () => {
    await expect.poll(() => hierarchies.flatMap(membersIn)).toEqual([]);
    for (const hierarchy of hierarchies) rmdirSync(join(hierarchy, cgroup));
  });
  const members = (): readonly number[] => {
    const [first = [], ...others] = hierarchies.map(membersIn);
    for (const other of others) expect(other).toEqual(first);
    return first;
  };
  return { cgroup, members };
}

const content = randomBytes(3_000_000);
const plain = archiveOf([
  { kind: "file", name: "dir/f", content, uid: 7, mode: 0o640 },
  { kind: "symlink", name: "link", linkName: "/etc" },
]);
const packed = gzipSync(plain);

/** A layer of which half is in, and whose rest comes when it is let go. */
function halfArrived(): { readonly release: () => void; readonly open: () => Promise<LayerFile> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const half = packed.length >> 1;
  async function* source(): AsyncGenerator<Uint8Array> {
    yield packed.subarray(0, half);
    await promise;
    yield packed.subarray(half);
  }
  return { release: resolve, open: async () => arriving(source(), packed.length) };
}

inCgroup("unpacks in a process in the cgroup, with the same result, and none stays (needs cgroups)", async () => {
  const { cgroup, members } = scratchCgroup();
  const [here, there] = [scratch(), scratch()];
  await unpacker.unpack(layerOf(plain, packed), here.layer);
  const { release, open } = halfArrived();
  const seen: number[] = [];
  await using own = createUnpacker({ cgroup });
  const unpacking = own.unpack({ ...layerOf(plain), open }, there.layer, { onProgress: (bytes) => seen.push(bytes) });
  await expect.poll(() => seen.length).toBeGreaterThan(0);
  const [pid = 0, ...others] = members();
  expect(others).toEqual([]);
  expect(pid).not.toBe(process.pid);
  expect(threadsOf(pid)).toContain("unpack");
  expect(filesOf(pid).filter(isLayerFile)).toHaveLength(1);
  release();
  expect(await unpacking).toMatchObject({ tarSize: plain.length, inodes: 4 });
  expect(describeTree(there.layer)).toEqual(describeTree(here.layer));
  expect(filesOf(pid).filter(isLayerFile)).toEqual([]);
  await own[Symbol.asyncDispose]();
  expect(members()).toEqual([]);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH"); // not even a zombie
});

inCgroup("layers side by side share the process, which ends when they are through (needs cgroups)", async () => {
  const { cgroup, members } = scratchCgroup();
  await using own = createUnpacker({ cgroup, idleMilliseconds: 50 });
  const pids = new Set<number>();
  const unpackOne = async (): Promise<void> => {
    const { layer } = scratch();
    await own.unpack(layerOf(plain, packed), layer, { onProgress: () => members().forEach((pid) => pids.add(pid)) });
    expect(readFileSync(join(layer, "dir/f")).equals(content)).toBe(true);
  };
  await Promise.all(Array.from({ length: 6 }, unpackOne));
  expect(pids.size).toBe(1);
  await expect.poll(members).toEqual([]);
  await unpackOne();
});

inCgroup("errors keep their codes, and the process goes on after them (needs cgroups)", async () => {
  const { cgroup } = scratchCgroup();
  await using own = createUnpacker({ cgroup });
  const damaged = Buffer.from(packed).fill(0x55, 5000, 5010);
  await expect(own.unpack(layerOf(plain, damaged), scratch().layer)).rejects.toMatchObject({
    name: "StowageError",
    code: "invalid-argument",
  });
  await expect(
    own.unpack({ ...layerOf(plain), diffId: layerOf(packed).diffId }, scratch().layer),
  ).rejects.toMatchObject({ code: "failed-precondition" });
  const reason = new Error("enough");
  const { open } = halfArrived();
  const leaving = new AbortController();
  const left = own.unpack({ ...layerOf(plain), open }, scratch().layer, {
    signal: leaving.signal,
    onProgress: () => leaving.abort(reason),
  });
  await expect(left).rejects.toBe(reason);
  expect(await own.unpack(layerOf(plain, packed), scratch().layer)).toMatchObject({ tarSize: plain.length });
});

inCgroup("a process that is killed fails its layers, and the next has another one (needs cgroups)", async () => {
  const { cgroup, members } = scratchCgroup();
  await using own = createUnpacker({ cgroup });
  const { open } = halfArrived();
  const kill = (): void => members().forEach((pid) => process.kill(pid, "SIGKILL"));
  await expect(own.unpack({ ...layerOf(plain), open }, scratch().layer, { onProgress: kill })).rejects.toMatchObject({
    code: "unavailable",
    message: `Cannot unpack: the process for it in cgroup "${cgroup}" ended with SIGKILL`,
  });
  expect(await own.unpack(layerOf(plain, packed), scratch().layer)).toMatchObject({ tarSize: plain.length });
});

test("a cgroup that cannot be joined is told, and nothing is unpacked outside it", async () => {
  const { layer } = scratch();
  await using own = createUnpacker({ cgroup: "/cgroup.procs/below" });
  await expect(own.unpack(layerOf(plain, packed), layer)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining('Cannot join cgroup "/cgroup.procs/below"'),
  });
  expect(readdirSync(layer)).toEqual([]);
});

inCgroup("ends with its parent, also where that is killed, and keeps none alive (needs cgroups)", async () => {
  const { cgroup, members } = scratchCgroup();
  const { path, layer } = scratch();
  const script = join(path, "script.mjs");
  writeFileSync(join(path, "layer.tar"), plain);
  writeFileSync(
    script,
    `
import { openSync } from "node:fs";
import { createUnpacker } from ${JSON.stringify(new URL("index.ts", import.meta.url).href)};
const unpacker = createUnpacker({ cgroup: ${JSON.stringify(cgroup)} });
const file = (arrived) => ({ fd: openSync(${JSON.stringify(join(path, "layer.tar"))}), size: ${plain.length}, arrived, async [Symbol.asyncDispose]() {} });
const source = (arrived) => ({ open: async () => file(arrived), diffId: ${JSON.stringify(layerOf(plain).diffId)} });
await unpacker.unpack(source(async () => ${plain.length}), ${JSON.stringify(layer)});
if (process.argv[2] === "die") process.kill(process.pid, "SIGKILL");
`,
  );
  const options = ["--conditions=@stowage/source", script];
  await run(process.execPath, options);
  await expect.poll(members).toEqual([]);
  const again = scratch();
  writeFileSync(script, readFileSync(script, "utf8").replace(JSON.stringify(layer), JSON.stringify(again.layer)));
  await expect(run(process.execPath, [...options, "die"])).rejects.toMatchObject({ signal: "SIGKILL" });
  await expect.poll(members).toEqual([]);
});

function threadsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, "utf8").trim());
}

const isLayerFile = (path: string): boolean => /stowage-unpack-.* \(deleted\)$/.test(path);

function filesOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

function mayMakeCgroups(): boolean {
  try {
    for (const hierarchy of hierarchies) accessSync(hierarchy, constants.W_OK);
    return hierarchies.length > 0 && process.getuid?.() === 0;
  } catch {
    return false;
  }
}
