import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Descriptor, digestOf, parseDigest } from "@stowage/oci";
import { openHttpRegistry } from "@stowage/registry-http";

/** A docker-registry of its own on loopback, with one image of one layer of random bytes. */
export interface LocalRegistry extends AsyncDisposable {
  readonly host: string;
  readonly layer: Pick<Descriptor, "digest" | "size">;
}

const path = "bench/blob";

export async function startLocalRegistry(directory: string, layerBytes: number): Promise<LocalRegistry> {
  const port = await freePort();
  const config = join(directory, "registry.yml");
  const storage = { filesystem: { rootdirectory: join(directory, "registry") } };
  await mkdir(storage.filesystem.rootdirectory);
  const settings = { version: 0.1, log: { level: "error" }, storage, http: { addr: `127.0.0.1:${port}` } };
  await writeFile(config, JSON.stringify(settings)); // JSON is YAML
  const server = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  const host = `127.0.0.1:${port}`;
  const layer = await fill(host, layerBytes);
  return {
    host,
    layer,
    async [Symbol.asyncDispose]() {
      const ended = once(server, "exit");
      server.kill();
      await ended;
    },
  };
}

async function fill(domain: string, layerBytes: number): Promise<LocalRegistry["layer"]> {
  await using registry = openHttpRegistry({ plainHttp: () => true });
  await untilItAnswers(domain);
  const repository = { domain, path };
  const layer = { digest: digestOfRandom(layerBytes), size: layerBytes };
  const config = Buffer.from(
    JSON.stringify({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [layer.digest] } }),
  );
  const configBlob = { digest: digestOf(config), size: config.byteLength };
  await registry.pushBlob(repository, { ...layer, open: (from) => randomBlocks(layerBytes, from) });
  await registry.pushBlob(repository, { ...configBlob, open: (from) => inOnePiece(config.subarray(from)) });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...configBlob },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer }],
  };
  await registry.pushDocument({ ...repository, tag: "1" }, { mediaType, bytes: Buffer.from(JSON.stringify(manifest)) });
  return layer;
}

/** One random block, over and over, each time with its number in it: as good as random to a compressor, and made at once. */
function* blocksOf(bytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes; at += seed.byteLength) {
    const block = Buffer.from(seed);
    block.writeUIntBE(at, 0, 6);
    yield block.subarray(0, Math.min(seed.byteLength, bytes - at));
  }
}

const seed = randomBytes(1024 * 1024);

function digestOfRandom(bytes: number): Descriptor["digest"] {
  const hash = createHash("sha256");
  for (const block of blocksOf(bytes)) hash.update(block);
  return parseDigest(`sha256:${hash.digest("hex")}`);
}

async function* randomBlocks(bytes: number, from: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const block of blocksOf(bytes)) {
    if (at + block.byteLength > from) yield block.subarray(Math.max(0, from - at));
    at += block.byteLength;
  }
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function untilItAnswers(host: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answered = await fetch(`http://${host}/v2/`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await setTimeout(50);
  }
  throw new Error("docker-registry does not answer");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("A TCP server has an address");
  return address.port;
}
