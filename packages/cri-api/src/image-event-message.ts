import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { StowageError } from "@stowage/errors";
import type { ImageEvent } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { parseDigest } from "@stowage/oci";
import {
  type Image as ImageMessage,
  type PullProgress,
  type WatchResponse,
  WatchResponseSchema,
} from "./gen/stowage/v1/store_pb.ts";
import { decodePullEvent, encodePullEvent } from "./pull-message.ts";
import { decodeStoredImage, encodeStoredImage } from "./stored-image.ts";

/** What happened to the images, as `stowage.v1` carries it. */
export function encodeImageEvent(event: ImageEvent): WatchResponse {
  return create(WatchResponseSchema, { event: fieldOf(event) });
}

type Field = NonNullable<MessageInitShape<typeof WatchResponseSchema>["event"]>;

function fieldOf(event: ImageEvent): Field {
  switch (event.kind) {
    case "published":
      return { case: "published", value: { image: encodeStoredImage(event.image), isNew: event.isNew } };
    case "removed":
    case "damaged":
      return { case: event.kind, value: { image: encodeStoredImage(event.image) } };
    case "pull-started":
      return { case: "pullStarted", value: { pull: event.pull, reference: event.reference } };
    case "pull-progress": {
      const { pull, reference, event: progress } = event;
      return { case: "pullProgress", value: { pull, reference, progress: encodePullEvent(progress) } };
    }
    case "pull-succeeded":
      return { case: "pullSucceeded", value: { pull: event.pull, reference: event.reference, id: event.id } };
    case "pull-failed":
      return { case: "pullFailed", value: { pull: event.pull, reference: event.reference, why: event.why } };
  }
}

/** The event in a response; `undefined` for one that is not known here. Fails with `invalid-argument` for what is no image. */
export function decodeImageEvent({ event }: WatchResponse): ImageEvent | undefined {
  switch (event.case) {
    case "published":
      return { kind: "published", image: imageIn(event.value), isNew: event.value.isNew };
    case "removed":
    case "damaged":
      return { kind: event.case, image: imageIn(event.value) };
    case "pullStarted":
      return { kind: "pull-started", ...pullIn(event.value) };
    case "pullProgress":
      return progressIn(event.value);
    case "pullSucceeded":
      return { kind: "pull-succeeded", ...pullIn(event.value), id: parseDigest(event.value.id) };
    case "pullFailed":
      return { kind: "pull-failed", ...pullIn(event.value), why: event.value.why };
    case undefined:
      return undefined;
  }
}

function progressIn({ progress, ...pull }: PullProgress): ImageEvent | undefined {
  const event = progress === undefined ? undefined : decodePullEvent(progress);
  return event === undefined ? undefined : { kind: "pull-progress", ...pullIn(pull), event };
}

function pullIn({ pull, reference }: PullWords): PullWords {
  return { pull, reference };
}

interface PullWords {
  readonly pull: string;
  readonly reference: string;
}

function imageIn({ image }: { readonly image?: ImageMessage | undefined }): Image {
  if (image === undefined) throw new StowageError("invalid-argument", "Cannot read an event: it names no image");
  return decodeStoredImage(image);
}
