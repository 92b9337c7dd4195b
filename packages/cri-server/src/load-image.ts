import { create } from "@bufbuild/protobuf";
import {
  decodeLoadBegin,
  encodePullEvent,
  encodeStoredImage,
  type LoadRequest,
  type LoadResponse,
  LoadResponseSchema,
} from "@stowage/cri-api";
import { type AbortOptions, StowageError } from "@stowage/errors";
import type { ImageService, PullEvent } from "@stowage/image-service";
import { LatestEvents } from "./latest-events.ts";
import { quietMilliseconds } from "./paced-events.ts";
import { progressKey } from "./progress-key.ts";
import { hasLeft, type LoadAsk, RemoteSource } from "./remote-source.ts";

type Told = { readonly case: "progress"; readonly value: PullEvent } | LoadAsk;

/** Brings an image here from the client: what is not here is asked for, progress is told beside it, and the image comes last. */
export async function* loadImage(
  images: ImageService,
  requests: AsyncIterable<LoadRequest>,
  { signal }: AbortOptions,
): AsyncGenerator<LoadResponse, void, undefined> {
  const steps = requests[Symbol.asyncIterator]();
  const { root, names, origin, ...asked } = decodeLoadBegin(await readBegin(steps));
  const told = new LatestEvents<Told>((each) => (each.case === "progress" ? progressKey(each.value) : undefined));
  const source = new RemoteSource({ root, names, origin }, (ask) => told.push(ask));
  void source.listen({ [Symbol.asyncIterator]: () => steps }); // it ends with the call, and fails nobody but its reads
  const onProgress = (value: PullEvent): void => told.push({ case: "progress", value });
  const loading = images.load(source, { ...asked, signal, onProgress, progressMilliseconds: quietMilliseconds });
  const end = (): void => told.end();
  loading.then(end, end);
  for await (const each of told) yield create(LoadResponseSchema, { step: stepOf(each) });
  const value = encodeStoredImage(await loading);
  yield create(LoadResponseSchema, { step: { case: "image", value } });
}

async function readBegin(steps: AsyncIterator<LoadRequest>) {
  const { value } = await steps.next().catch((cause: unknown) => {
    throw hasLeft(cause);
  });
  const step = value?.step;
  if (step?.case === "begin") return step.value;
  throw new StowageError("invalid-argument", "Cannot load: the client did not say what");
}

function stepOf(told: Told): LoadResponse["step"] {
  return told.case === "progress" ? { case: "progress", value: encodePullEvent(told.value) } : told;
}
