import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  decodePullRequest,
  decodeReadBlobRequest,
  encodeImageEvent,
  encodePullEvent,
  encodeRemoval,
  encodeStoredImage,
  type PullRequest,
  type PullResponse,
  PullResponseSchema,
  type ReadBlobRequest,
  type ReadBlobResponse,
  ReadBlobResponseSchema,
  type StoreService,
  type WatchResponse,
  WatchResponseSchema,
} from "@stowage/cri-api";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { HandlerOptions, ImageService, PullEvent } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { LatestEvents } from "./latest-events.ts";
import { loadImage } from "./load-image.ts";
import { maintenanceMethods } from "./maintenance-methods.ts";
import { namingMethods } from "./naming-methods.ts";
import { pacedEvents, quietMilliseconds } from "./paced-events.ts";
import { progressKey } from "./progress-key.ts";
import { type CallOptions, streaming, unary } from "./status.ts";

export interface StoreMethodsDependencies {
  readonly images: ImageService;
  /** The directory of the whole store, by which a client knows whether it is the one that it means. */
  readonly storeRoot: string;
  /** Aborts when the daemon is about to end. Who watches the images is not waited for. */
  readonly leaving?: AbortSignal | undefined;
}

/** The verbs of the command, for when the daemon holds the store. */
export function storeMethods(
  dependencies: StoreMethodsDependencies,
  { version }: { readonly version: string },
): ServiceImpl<typeof StoreService> {
  const { images, storeRoot } = dependencies;
  return {
    info: unary(async () => ({ root: storeRoot, version })),
    pull: streaming((request, options) => pull(dependencies, request, options)),
    list: unary(async ({ damagedToo }, options) => ({
      images: (await images.list({ ...options, damagedToo })).map(encodeStoredImage),
    })),
    find: unary(async ({ name, handler }, options) => found(await images.find(name, { ...options, handler }))),
    remove: unary(async ({ name, endLease, handler }, options) =>
      encodeRemoval(await images.remove(name, { ...options, endLease, handler })),
    ),
    ...namingMethods(images),
    load: streaming((requests, options) => loadImage(images, requests, options)),
    readBlob: streaming((request, options) => readBlob(images, request, options)),
    ...maintenanceMethods(images),
    view: unary(async ({ id, handler, holder }, options) => {
      const asked = holder === "" ? options : { ...options, holder };
      const mounts = await images.view(await get(images, id, { ...options, handler }), asked);
      return { mounts: mounts.map(({ type, source, options: flags }) => ({ type, source, options: [...flags] })) };
    }),
    readConfig: unary(async ({ id, handler }, options) => {
      const config = await images.readConfig(await get(images, id, { ...options, handler }), options);
      return { config: new Uint8Array(config) };
    }),
    watch: streaming((_request, options) => watch(dependencies, options)),
  };
}

async function* pull(
  { images }: StoreMethodsDependencies,
  request: PullRequest,
  { signal }: AbortOptions,
): AsyncGenerator<PullResponse, void, undefined> {
  const { reference, ...asked } = decodePullRequest(request);
  const events = new LatestEvents(progressKey);
  const onProgress = (event: PullEvent): void => events.push(event);
  const how = { ...asked, signal, onProgress, progressMilliseconds: quietMilliseconds };
  const pulling = images.pull(reference, how);
  const ended = pulling.then(
    () => events.end(),
    () => events.end(),
  );
  for await (const event of events) yield encodePullEvent(event);
  await ended;
  yield create(PullResponseSchema, { event: { case: "image", value: encodeStoredImage(await pulling) } });
}

/** An empty response comes first, once nothing will be missed. */
async function* watch(
  { images, leaving }: StoreMethodsDependencies,
  { signal }: CallOptions,
): AsyncGenerator<WatchResponse, void, undefined> {
  const ending = new AbortController();
  const end = (): void =>
    ending.abort(new StowageError("unavailable", "Cannot tell of more events: the daemon is stopping"));
  leaving?.addEventListener("abort", end);
  const either = AbortSignal.any([signal, ending.signal]);
  const events = pacedEvents(images.watch({ signal: either }));
  let coming = events.next();
  try {
    yield create(WatchResponseSchema);
    for (;;) {
      const { done, value } = await coming;
      if (done === true) return;
      coming = events.next();
      yield encodeImageEvent(value);
    }
  } finally {
    coming.catch(() => undefined);
    ending.abort();
    leaving?.removeEventListener("abort", end);
  }
}

function found(image: Image | undefined): { readonly image?: ReturnType<typeof encodeStoredImage> } {
  return image === undefined ? {} : { image: encodeStoredImage(image) };
}

async function* readBlob(
  images: ImageService,
  request: ReadBlobRequest,
  { signal }: AbortOptions,
): AsyncGenerator<ReadBlobResponse, void, undefined> {
  const { id, handler, digest, ...asked } = decodeReadBlobRequest(request);
  const image = await get(images, id, { signal, handler });
  for await (const data of images.readBlob(image, digest, { ...asked, signal }))
    yield create(ReadBlobResponseSchema, { data: new Uint8Array(data) });
}

async function get(images: ImageService, id: string, options: HandlerOptions): Promise<Image> {
  const image = await images.find(id, options);
  if (image === undefined) throw new StowageError("not-found", `Cannot find image "${id}": it is not here`);
  return image;
}
