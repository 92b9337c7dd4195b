import { createHash, randomBytes } from "node:crypto";
import { startDockerRegistry } from "@stowage/bench-lap";
import { type Descriptor, digestOf, parseDigest } from "@stowage/oci";
import { openHttpRegistry } from "@stowage/registry-http";

/** A docker-registry of its own on loopback, with one image of one layer of random bytes. */
export interface LocalRegistry extends AsyncDisposable {
  readonly host: string;
  readonly layer: Pick<Descriptor, "digest" | "size">;
}

const path = "bench/blob";

export async function startLocalRegistry(directory: string, layerBytes: number): Promise<LocalRegistry> {
  await using starting = new AsyncDisposableStack();
  const { host } = starting.use(await startDockerRegistry(directory));
  const layer = await fill(host, layerBytes);
  const running = starting.move();
  return { host, layer, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function fill(domain: string, layerBytes: number): Promise<LocalRegistry["layer"]> {
  await using registry = openHttpRegistry({ plainHttp: () => true });
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
