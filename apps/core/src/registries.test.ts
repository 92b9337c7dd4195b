import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeAuthConfig } from "@stowage/auth";
import { isErrno } from "@stowage/errors";
import { type MadeImage, makeImage } from "@stowage/image-fixtures";
import { parsePlatform } from "@stowage/oci";
import { parseReference } from "@stowage/reference";
import { type FakeRegistry, type FakeRegistryOptions, status, when } from "@stowage/registry-fake";
import { describe, expect, test } from "vitest";
import { countBlobBytes, endingAt, startOf } from "./breaking-off.test.fixture.ts";
import type { Store } from "./index.ts";
import { scratchDirectory, scratchRegistry, scratchStore } from "./scratch.test.fixture.ts";

const mib = 1024 * 1024;

/** The state of a hash is that after a whole number of SHA-256's blocks. */
const hashBlockBytes = 64;

const platform = parsePlatform("linux/amd64");

/** An image of one layer with one file, `data`. */
function imageOf(content: Uint8Array): MadeImage {
  const layer = { files: [{ kind: "file" as const, name: "data", content }], compression: "none" as const };
  return makeImage({ platforms: [{ platform: "linux/amd64", layers: [layer] }] });
}

/** What the one `data` is in the trees of a store. */
async function readData(root: string): Promise<Buffer | undefined> {
  const overlay = join(root, "storage", "overlay");
  for (const layer of await readdir(overlay)) {
    try {
      return await readFile(join(overlay, layer, "diff", "data"));
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
  return undefined;
}

describe("a layer that breaks off in the middle", () => {
  test("goes on where it stopped in a store that is opened anew", async () => {
    const content = randomBytes(40 * mib);
    const image = imageOf(content);
    const [layer] = image.platforms[0]?.layers ?? [];
    const size = layer?.descriptor.size ?? 0;
    const registry = await scratchRegistry();
    registry.putImage("big", "1", image);
    const offset = 27 * mib + 12_345;
    const fault = registry.wrap(when(new RegExp(`GET .*${layer?.descriptor.digest}`), endingAt(offset)));
    const sent = countBlobBytes(registry);
    const root = await scratchDirectory();
    const reference = parseReference(`${registry.host}/big:1`);
    const first = await scratchStore(root);
    await expect(first.images.pull(reference, { platform })).rejects.toMatchObject({ code: "not-found" });
    await first[Symbol.asyncDispose]();
    fault[Symbol.dispose]();

    const [sentBefore, askedBefore] = [sent(), registry.requests.length];
    const second = await scratchStore(root);
    await second.images.pull(reference, { platform });
    const asked = registry.requests
      .slice(askedBefore)
      .filter(({ path }) => path.includes(`${layer?.descriptor.digest}`));
    const from = Math.min(...asked.map(startOf));
    expect(from).toBeLessThanOrEqual(offset);
    expect(from).toBeGreaterThan(offset - hashBlockBytes);
    expect(sent() - sentBefore).toBeLessThan(size - from + 64 * 1024); // the config is fetched again
    expect(sent()).toBeLessThan(size + 16 * mib);
    expect((await readData(root))?.equals(content)).toBe(true);
    expect(await readdir(join(root, "content", "ingest"))).toEqual([]);
  });
});

/** Configuration of hosts and credentials, and a store that reads it. */
interface Node {
  readonly store: Store;
  readonly directory: string;
  /** Writes a file of the configuration and returns its path. */
  write(name: string, text: string): Promise<string>;
  pull(image: string): Promise<readonly string[]>;
}

async function openNode(): Promise<Node> {
  const directory = await scratchDirectory();
  const at = (name: string) => join(directory, name);
  const store = await scratchStore(at("store"), {
    hostsDirs: [at("certs.d")],
    registriesConf: at("registries.conf"),
    authFile: at("auth.json"),
  });
  await writeFile(at("auth.json"), "{}");
  return {
    store,
    directory,
    async write(name, text) {
      await mkdir(dirname(at(name)), { recursive: true });
      await writeFile(at(name), text);
      return at(name);
    },
    pull: async (image) => (await store.images.pull(parseReference(image), { platform })).tags,
  };
}

const hostsFileOf = (domain: string): string => `certs.d/${domain.replace(":", "_")}_/hosts.toml`;

const mirrorsOf = (...mirrors: readonly FakeRegistry[]): string =>
  mirrors.map(({ origin }) => `[host."${origin}"]\ncapabilities = ["pull", "resolve"]\n`).join("");

/** A registry that has `app:1`, `app:2`, …, each with bytes of its own. */
async function offerApps(options?: FakeRegistryOptions): Promise<FakeRegistry> {
  const registry = await scratchRegistry(options);
  for (const tag of ["1", "2", "3", "4"]) registry.putImage("app", tag, imageOf(Buffer.from(`content of ${tag}`)));
  return registry;
}

const asUser = (username: string, password: string): FakeRegistryOptions => ({
  authentication: { kind: "basic", users: { [username]: password } },
});

const basicOf = (text: string): string => Buffer.from(text).toString("base64");

/** The names and passwords that a registry was shown. */
function shownTo({ requests }: FakeRegistry): readonly string[] {
  const shown = requests.flatMap(({ headers }) => headers.authorization ?? []);
  return [...new Set(shown.map((header) => Buffer.from(header.replace(/^Basic /, ""), "base64").toString()))];
}

const blobsFrom = ({ requests }: FakeRegistry): number =>
  requests.filter(({ path }) => path.includes("/blobs/")).length;

describe("hosts.toml", () => {
  test("the mirror serves while it can, the origin when it cannot, and each sees its own credential only", async () => {
    const origin = await offerApps(asUser("o", "origin-canary"));
    const mirror = await offerApps(asUser("m", "mirror-canary"));
    const node = await openNode();
    await node.write(hostsFileOf(origin.host), mirrorsOf(mirror));
    const auths = {
      [origin.host]: { auth: basicOf("o:origin-canary") },
      [mirror.host]: { auth: basicOf("m:mirror-canary") },
    };
    await node.write("auth.json", JSON.stringify({ auths }));

    expect(await node.pull(`${origin.host}/app:1`)).toEqual([`${origin.host}/app:1`]);
    expect(origin.requests).toEqual([]);
    expect(blobsFrom(mirror)).toBeGreaterThan(0);

    const fault = mirror.wrap(status(500));
    expect(await node.pull(`${origin.host}/app:2`)).toEqual([`${origin.host}/app:2`]);
    expect(blobsFrom(origin)).toBeGreaterThan(0);
    fault[Symbol.dispose]();

    await mirror[Symbol.asyncDispose]();
    expect(await node.pull(`${origin.host}/app:3`)).toEqual([`${origin.host}/app:3`]);
    expect(shownTo(mirror)).toEqual(["m:mirror-canary"]);
    expect(shownTo(origin)).toEqual(["o:origin-canary"]);
  });

  test("a mirror never sees the credential that a caller brings", async () => {
    const origin = await offerApps(asUser("o", "caller-canary"));
    const mirror = await offerApps(asUser("m", "mirror-canary"));
    const node = await openNode();
    await node.write(hostsFileOf(origin.host), mirrorsOf(mirror));
    const credential = decodeAuthConfig({ username: "o", password: "caller-canary" })?.credential;
    const { tags } = await node.store.images.pull(parseReference(`${origin.host}/app:1`), { platform, credential });
    expect(tags).toEqual([`${origin.host}/app:1`]);
    expect(mirror.requests.length).toBeGreaterThan(0);
    expect(shownTo(mirror)).toEqual([]);
    expect(shownTo(origin)).toEqual(["o:caller-canary"]);
  });

  test("a mistake fails the pull with file, line and key, and what changes counts from the next pull on", async () => {
    const origin = await offerApps();
    const mirror = await offerApps();
    const node = await openNode();
    expect(await node.pull(`${origin.host}/app:1`)).toHaveLength(1);

    const path = await node.write(hostsFileOf(origin.host), `[host."${mirror.origin}"]\ncapabilites = ["pull"]\n`);
    const mistake = await node.pull(`${origin.host}/app:2`).catch((error: unknown) => error);
    expect(mistake).toMatchObject({ code: "invalid-argument", message: expect.stringContaining(`"${path}"`) });
    expect(mistake).toMatchObject({ message: expect.stringMatching(/line 2: .*capabilites.*perhaps "capabilities"/) });

    await node.write(hostsFileOf(origin.host), mirrorsOf(mirror));
    const before = origin.requests.length;
    expect(await node.pull(`${origin.host}/app:2`)).toHaveLength(1);
    expect(blobsFrom(mirror)).toBeGreaterThan(0);
    expect(origin.requests).toHaveLength(before);

    await rm(path);
    const mirrored = mirror.requests.length;
    expect(await node.pull(`${origin.host}/app:3`)).toHaveLength(1);
    expect(mirror.requests).toHaveLength(mirrored);
  });

  test("with fallback never, the origin is not asked for what its mirror does not have", async () => {
    const origin = await offerApps();
    const mirror = await scratchRegistry();
    const node = await openNode();
    await node.write(hostsFileOf(origin.host), `fallback = "never"\n${mirrorsOf(mirror)}`);
    await expect(node.pull(`${origin.host}/app:1`)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(mirror.host),
    });
    expect(origin.requests).toEqual([]);
  });
});

describe("registries.conf", () => {
  test("a place is put before a prefix, the image keeps its name, and only the place's credential is shown", async () => {
    const registry = await scratchRegistry(asUser("p", "place-canary"));
    registry.putImage("mirrored/app", "1", imageOf(Buffer.from("content")));
    const node = await openNode();
    const location = `${registry.host}/mirrored`;
    await node.write("registries.conf", `[[registry]]\nprefix = "docker.io/library"\nlocation = "${location}"\n`);
    const auths = {
      "docker.io": { auth: basicOf("d:docker-canary") },
      [registry.host]: { auth: basicOf("p:place-canary") },
    };
    await node.write("auth.json", JSON.stringify({ auths }));
    expect(await node.pull("app:1")).toEqual(["docker.io/library/app:1"]);
    expect(registry.requests.every(({ path }) => path.startsWith("/v2/mirrored/app/"))).toBe(true);
    expect(shownTo(registry)).toEqual(["p:place-canary"]);
  });

  test("a block holds from the next pull on until it is lifted, and says which prefix of which file it is", async () => {
    const registry = await offerApps();
    const node = await openNode();
    expect(await node.pull(`${registry.host}/app:1`)).toHaveLength(1);

    const block = `[[registry]]\nprefix = "${registry.host}/app"\nlocation = "${registry.host}/app"\nblocked = true\n`;
    const path = await node.write("registries.conf.d/50-block.conf", block);
    const before = registry.requests.length;
    await expect(node.pull(`${registry.host}/app:1`)).rejects.toMatchObject({
      code: "permission-denied",
      message: expect.stringContaining(`is blocked, by the prefix "${registry.host}/app" in "${path}"`),
    });
    expect(registry.requests).toHaveLength(before);

    await rm(path);
    expect(await node.pull(`${registry.host}/app:2`)).toHaveLength(1);
  });

  test("its mirrors come before the place, and a mistake in it fails the pull with file, line and key", async () => {
    const [origin, mirror] = [await offerApps(), await offerApps()];
    const node = await openNode();
    const entry = `[[registry]]\nlocation = "${origin.host}"\n[[registry.mirror]]\nlocation = "${mirror.host}"\n`;
    await node.write("registries.conf", entry);
    expect(await node.pull(`${origin.host}/app:1`)).toHaveLength(1);
    expect(origin.requests).toEqual([]);

    await mirror[Symbol.asyncDispose]();
    expect(await node.pull(`${origin.host}/app:2`)).toHaveLength(1);

    const path = await node.write("registries.conf", `${entry}insecur = true\n`);
    const mistake = await node.pull(`${origin.host}/app:3`).catch((error: unknown) => error);
    expect(mistake).toMatchObject({ code: "invalid-argument", message: expect.stringContaining(`"${path}"`) });
    expect(mistake).toMatchObject({ message: expect.stringMatching(/line 5: .*insecur.*perhaps "insecure"/) });
  });
});
