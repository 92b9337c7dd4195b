import { create } from "@bufbuild/protobuf";
import {
  type Collectable,
  type Collection,
  collectReasons,
  type Hold,
  type Removal,
  type Untagging,
} from "@stowage/image-service";
import { isResource } from "@stowage/images";
import { parseDigest } from "@stowage/oci";
import {
  type Collectable as CollectableMessage,
  CollectableSchema,
  type CollectResponse,
  CollectResponseSchema,
  type ListHoldsResponse,
  ListHoldsResponseSchema,
  type RemoveResponse,
  RemoveResponseSchema,
  type UntagResponse,
  UntagResponseSchema,
} from "./gen/stowage/v1/store_pb.ts";
import { decodeStoredImage, encodeStoredImage } from "./stored-image.ts";
import { decodeUsage, encodeUsage } from "./usage-message.ts";

/** What a collection gave back and kept, as `stowage.v1` carries it. */
export function encodeCollection({ gone, kept }: Collection): CollectResponse {
  return create(CollectResponseSchema, { gone: gone.map(encodeCollectable), kept: kept.map(encodeCollectable) });
}

/** The collection in a message, without what is of a kind or for a reason that is not known here. */
export function decodeCollection({ gone, kept }: CollectResponse): Collection {
  return { gone: gone.flatMap(decodeCollectable), kept: kept.flatMap(decodeCollectable) };
}

function encodeCollectable({ kind, digest, why, holders, ...usage }: Collectable): CollectableMessage {
  return create(CollectableSchema, { kind, digest, why, holders: [...holders], usage: encodeUsage(usage) });
}

function decodeCollectable({ digest, holders, usage, ...message }: CollectableMessage): readonly Collectable[] {
  const kind = kinds.find((known) => known === message.kind);
  const why = collectReasons.find((known) => known === message.why);
  if (kind === undefined || why === undefined) return [];
  return [{ kind, why, digest: parseDigest(digest), holders, ...decodeUsage(usage) }];
}

const kinds = ["layer", "blob", "arriving"] as const;

/** What became of an image that was to be removed; an empty message where there was none. */
export function encodeRemoval(removal: Removal | undefined): RemoveResponse {
  if (removal === undefined) return create(RemoveResponseSchema, {});
  const { image, freed, holders } = removal;
  return create(RemoveResponseSchema, {
    image: encodeStoredImage(image),
    freed: encodeUsage(freed),
    holders: [...holders],
  });
}

export function decodeRemoval({ image, freed, holders }: RemoveResponse): Removal | undefined {
  if (image === undefined) return undefined;
  return { image: decodeStoredImage(image), freed: decodeUsage(freed), holders };
}

/** What became of a name that was to be taken; an empty message where nobody had it. */
export function encodeUntagging(untagging: Untagging | undefined): UntagResponse {
  if (untagging === undefined) return create(UntagResponseSchema, {});
  const { image, names, removal } = untagging;
  return create(UntagResponseSchema, {
    image: encodeStoredImage(image),
    names: [...names],
    ...(removal === undefined ? {} : { removal: encodeRemoval(removal) }),
  });
}

export function decodeUntagging({ image, names, removal }: UntagResponse): Untagging | undefined {
  if (image === undefined) return undefined;
  const gone = removal === undefined ? undefined : decodeRemoval(removal);
  return { image: decodeStoredImage(image), names, ...(gone === undefined ? {} : { removal: gone }) };
}

/** Who holds what. */
export function encodeHolds(holds: readonly Hold[]): ListHoldsResponse {
  const messages = holds.map(({ holder, resources }) => ({ holder, resources: [...resources] }));
  return create(ListHoldsResponseSchema, { holds: messages });
}

export function decodeHolds({ holds }: ListHoldsResponse): readonly Hold[] {
  return holds.map(({ holder, resources }) => ({ holder, resources: resources.filter(isResource) }));
}
