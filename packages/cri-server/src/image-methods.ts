import type { ServiceImpl } from "@connectrpc/connect";
import { type Credential, credentialForHost, decodeAuthConfig } from "@stowage/auth";
import {
  type AuthConfig,
  type Image as CriImage,
  type ImageFilter,
  type ImageService as ImageMethods,
  type ImageSpec,
} from "@stowage/cri-api";
import { type AbortOptions, isStowageError, StowageError } from "@stowage/errors";
import { type ImageService, type ImageSources, isReady, type PullOptions, pullFirst } from "@stowage/image-service";
import { diffIdsOf, type Image } from "@stowage/images";
import { chainIds } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { Usage } from "@stowage/snapshots";
import { createTeller, type ToldImage } from "./cri-image.ts";
import { maxMessageBytes } from "./limits.ts";
import { streaming, unary } from "./status.ts";

export interface ImageMethodsDependencies {
  readonly images: ImageService;
  /** What is pulled from in place of registries, where there is such. */
  readonly sources?: ImageSources | undefined;
  /** A directory on the file system that the images are on. */
  readonly root: string;
  /** What containers write, where that is on a file system of its own. */
  readonly containerFileSystem?: ContainerFileSystem | undefined;
}

export interface ContainerFileSystem {
  /** A directory on it. */
  readonly root: string;
  usage(options?: AbortOptions): Promise<Usage>;
}

/** The six methods of CRI's ImageService. */
export function imageMethods(dependencies: ImageMethodsDependencies): ServiceImpl<typeof ImageMethods> {
  const { images, root, containerFileSystem: containers } = dependencies;
  const tell = createTeller({ isPinned: (image) => images.isPinned(image) });
  const list = async (filter: ImageFilter | undefined, options: AbortOptions): Promise<readonly ToldImage[]> =>
    (await listed(images, filter, options)).flatMap((image) => tellable(image, tell));
  return {
    listImages: unary(async ({ filter }, options) => ({ images: inOneMessage(await list(filter, options)) })),
    streamImages: streaming(async function* ({ filter }, options) {
      for (const batch of batches(await list(filter, options))) yield { images: batch };
    }),
    imageStatus: unary(async ({ image: spec, verbose }, options) => {
      const image = await images.find(nameIn(spec), { ...options, handler: handlerIn(spec) });
      if (image === undefined) return {};
      if (!isReady(image)) return { info: verbose ? damageInfo(image) : {} };
      return { image: tell(image).image, info: verbose ? await verboseInfo(images, image, options) : {} };
    }),
    pullImage: unary(async ({ image: spec, auth, sandboxConfig }, { signal }) => {
      const namespace = sandboxConfig?.metadata?.namespace || undefined;
      const options = { signal, handler: handlerIn(spec), namespace };
      const { id } = await pullNamed(dependencies, nameIn(spec), { ...options, auth });
      return { imageRef: id };
    }),
    removeImage: unary(async ({ image: spec }, options) => {
      await images.remove(nameIn(spec), { ...options, handler: handlerIn(spec) || undefined });
      return {};
    }),
    imageFsInfo: unary(async (_request, options) => {
      const ofImages = fileSystemUsage(root, await images.usage(options));
      const ofContainers =
        containers === undefined ? ofImages : fileSystemUsage(containers.root, await containers.usage(options));
      return { imageFilesystems: [ofImages], containerFilesystems: [ofContainers] };
    }),
  };
}

/** Pulls what a name stands for, from wherever images come whose names do not say that. */
async function pullNamed(
  { images, sources }: ImageMethodsDependencies,
  name: string,
  {
    auth,
    ...options
  }: Pick<PullOptions, "signal" | "handler" | "namespace"> & { readonly auth?: AuthConfig | undefined },
): Promise<Image> {
  if (sources !== undefined) {
    await using source = await sources.open(name, options);
    return await images.load(source, { ...options, force: true });
  }
  const pull = (reference: Reference): Promise<Image> =>
    images.pull(reference, { ...options, credential: credentialFor(reference, auth) });
  return await pullFirst(await images.candidates(name, options), pull, { ...options, name });
}

function fileSystemUsage(mountpoint: string, { bytes, inodes }: Usage) {
  return {
    timestamp: BigInt(Date.now()) * 1_000_000n,
    fsId: { mountpoint },
    usedBytes: { value: BigInt(bytes) },
    inodesUsed: { value: BigInt(inodes) },
  };
}

/** What a spec names. */
function nameIn(spec: ImageSpec | undefined): string {
  const name = nameOf(spec);
  if (name === "") throw new StowageError("invalid-argument", "Cannot find an image: no image specified");
  return name;
}

/** The runtime handler that a spec is about; `""` is the default one. Lists and removals without one are about all. */
function handlerIn(spec: ImageSpec | undefined): string {
  return spec?.runtimeHandler ?? "";
}

function nameOf(spec: ImageSpec | undefined): string {
  return spec?.image || spec?.imageRef || "";
}

async function listed(
  images: ImageService,
  filter: ImageFilter | undefined,
  options: AbortOptions,
): Promise<readonly Image[]> {
  const name = nameOf(filter?.image);
  const asked = { ...options, handler: handlerIn(filter?.image) || undefined };
  return name === "" ? await images.list(asked) : (await images.findAll(name, asked)).filter(isReady);
}

/** Pulls refuse what cannot be told to a kubelet; if a store has such an image all the same, the others are still listed. */
function tellable(image: Image, tell: (image: Image) => ToldImage): readonly ToldImage[] {
  try {
    return [tell(image)];
  } catch (error) {
    if (isStowageError(error, "invalid-argument")) return [];
    throw error;
  }
}

/** With room for the fields around them. */
const maxListBytes = maxMessageBytes - 1024 * 1024;

function inOneMessage(told: readonly ToldImage[]): CriImage[] {
  const bytes = told.reduce((sum, each) => sum + each.bytes, 0);
  if (bytes <= maxListBytes) return told.map(({ image }) => image);
  const why = `they are ${bytes} bytes, and a message has ${maxMessageBytes} at the most; ask for StreamImages`;
  throw new StowageError("resource-exhausted", `Cannot list ${told.length} images at once: ${why}`);
}

/** A quarter of what a client takes in one message. */
const batchBytes = maxMessageBytes / 4;

function* batches(told: readonly ToldImage[]): Generator<CriImage[], void, undefined> {
  let batch: CriImage[] = [];
  let size = 0;
  for (const { image, bytes } of told) {
    batch.push(image);
    size += bytes;
    if (size < batchBytes) continue;
    yield batch;
    batch = [];
    size = 0;
  }
  if (batch.length > 0) yield batch;
}

/** The keys and names are those that containerd answers with, because tools look for them. */
async function verboseInfo(images: ImageService, image: Image, options: AbortOptions): Promise<Record<string, string>> {
  const imageSpec = jsonIn(Buffer.from(await images.readConfig(image, options)).toString("utf8"));
  const chainID = chainIds(diffIdsOf(image)).at(-1) ?? "";
  return { info: JSON.stringify({ chainID, imageSpec }) };
}

/** That of an artifact may be anything, and is told as text then. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** An image that lost something is answered as absent, so that the kubelet pulls it again; who asks for more is told why. */
function damageInfo({ id, damage }: Image): Record<string, string> {
  return { info: JSON.stringify({ id, damage: damage.map(({ resource, why }) => `${resource} ${why}`) }) };
}

/** What the request brings for the reference's registry. It comes before all that the node has, and is not made good by it. */
function credentialFor({ domain }: Reference, auth: AuthConfig | undefined): Credential | undefined {
  return auth === undefined ? undefined : credentialForHost(decodeAuthConfig(auth), domain);
}
