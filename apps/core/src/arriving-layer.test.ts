import { randomBytes } from "node:crypto";
import { globSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, type Fault, when } from "@stowage/registry-fake";
import { expect, test } from "vitest";
import { scratchDirectory, scratchRegistry, scratchStore } from "./scratch.test.fixture.ts";

const platform = parsePlatform("linux/amd64");
const mib = 1024 * 1024;
const early = randomBytes(mib);
const late = randomBytes(3 * mib);

/** An image of one gzip layer with two files, and the digest of that layer. */
function offer(...registries: readonly FakeRegistry[]): string {
  const files = [
    { kind: "file", name: "early", content: early },
    { kind: "file", name: "late", content: late },
  ] as const;
  const image: MadeImage = makeImage({
    platforms: [{ platform: "linux/amd64", layers: [{ files, compression: "gzip" }] }],
  });
  for (const registry of registries) registry.putImage("two", "1", image);
  return image.platforms[0]?.layers[0]?.descriptor.digest ?? "";
}

/** Sends the first `bytes` of a blob, and the rest once it is let go. */
function heldAfter(bytes: number, release: Promise<void>): Fault {
  return async (request, next) => {
    const answer = await next(request);
    const { body } = answer;
    if (!(body instanceof Uint8Array)) return answer;
    const held = async function* () {
      yield body.subarray(0, bytes);
      await release;
      yield body.subarray(bytes);
    };
    return { ...answer, body: held() };
  };
}

/** Changes one byte of a blob. */
function flippedAt(at: number): Fault {
  return async (request, next) => {
    const answer = await next(request);
    if (!(answer.body instanceof Uint8Array)) return answer;
    const body = Uint8Array.from(answer.body);
    body[at] = (body[at] ?? 0) ^ 1;
    return { ...answer, body };
  };
}

const filesOf = (root: string, name: string) => globSync(`storage/overlay/**/diff/${name}`, { cwd: root });

test("has the first files of a layer on the disk while the last ones are on their way, and no image yet", async () => {
  const registry = await scratchRegistry();
  const layer = offer(registry);
  const release = Promise.withResolvers<void>();
  registry.wrap(when(new RegExp(layer), heldAfter(2 * mib, release.promise)));
  const { images, root } = await scratchStore();
  const pulling = images.pull(parseReference(`${registry.host}/two:1`), { platform });
  await expect.poll(() => filesOf(root, "early")).toHaveLength(1);
  await expect.poll(() => readFileSync(join(root, filesOf(root, "early")[0] ?? "")).equals(early)).toBe(true);
  expect(await images.list()).toEqual([]);
  release.resolve();
  await pulling;
  expect(readFileSync(join(root, filesOf(root, "late")[0] ?? "")).equals(late)).toBe(true);
  expect(await images.list()).toHaveLength(1);
});

test.for([
  { where: "in its head", at: 3 },
  { where: "in the middle", at: mib + 777 },
  { where: "in the last file", at: 3 * mib },
])("unpacks a layer anew from its own host when a mirror sent another byte $where", async ({ at }) => {
  const [mirror, origin] = [await scratchRegistry(), await scratchRegistry()];
  const layer = offer(mirror, origin);
  mirror.wrap(when(new RegExp(layer), flippedAt(at)));
  const hostsDir = await scratchDirectory();
  const directory = join(hostsDir, "registry.example");
  await mkdir(directory);
  await writeFile(join(directory, "hosts.toml"), `server = "${origin.origin}"\n[host."${mirror.origin}"]\n`);
  const { images, root } = await scratchStore(undefined, { hostsDirs: [hostsDir] });
  await images.pull(parseReference("registry.example/two:1"), { platform });
  expect(readFileSync(join(root, filesOf(root, "early")[0] ?? "")).equals(early)).toBe(true);
  expect(readFileSync(join(root, filesOf(root, "late")[0] ?? "")).equals(late)).toBe(true);
  expect(filesOf(root, "late")).toHaveLength(1);
  expect((await images.account()).unaccounted.bytes).toBe(0);
  expect(openFiles(root)).toEqual([]);
});

test("says of a layer with another byte that it is not what was named, and not what came of unpacking it", async () => {
  const registry = await scratchRegistry();
  registry.wrap(when(new RegExp(offer(registry)), flippedAt(mib)));
  const { images, root } = await scratchStore();
  const pull = images.pull(parseReference(`${registry.host}/two:1`), { platform });
  await expect(pull).rejects.toMatchObject({
    code: "failed-precondition",
    message: expect.stringContaining("sha256:"),
  });
  expect(readdirSync(join(root, "storage/overlay/staging"))).toEqual([]);
  expect(openFiles(root)).toEqual([]);
});

test("leaves no file open and nothing half unpacked when a pull is stopped in the middle of a layer", async () => {
  const registry = await scratchRegistry();
  registry.wrap(when(new RegExp(offer(registry)), heldAfter(2 * mib, new Promise(() => undefined))));
  const { images, root } = await scratchStore();
  const stop = new AbortController();
  const reason = new Error("enough");
  const pulling = images.pull(parseReference(`${registry.host}/two:1`), { platform, signal: stop.signal });
  pulling.catch(() => undefined);
  await expect.poll(() => filesOf(root, "early")).toHaveLength(1);
  stop.abort(reason);
  await expect(pulling).rejects.toBe(reason);
  await expect.poll(() => readdirSync(join(root, "storage/overlay/staging"))).toEqual([]);
  expect(openFiles(root)).toEqual([]);
});

/** What this process has open of blobs and of layers that are being unpacked. */
function openFiles(root: string): readonly string[] {
  return readdirSync("/proc/self/fd")
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ""; // closed meanwhile, or that of the listing itself
      }
    })
    .filter((path) => path.startsWith(`${root}/content/ingest/`) || path.startsWith(`${root}/storage/overlay/staging/`))
    .toSorted();
}
