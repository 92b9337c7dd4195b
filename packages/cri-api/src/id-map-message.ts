import { create } from "@bufbuild/protobuf";
import type { IdMap } from "@stowage/oci";
import { type IdMap as IdMapMessage, IdMapSchema, type IdRange } from "./gen/stowage/v1/containers_pb.ts";

/** The ids of a user namespace, as `stowage.v1` carries them. */
export function encodeIdMap({ uids, gids }: IdMap): IdMapMessage {
  return create(IdMapSchema, { uids: [...uids], gids: [...gids] });
}

export function decodeIdMap(message: IdMapMessage | undefined): IdMap | undefined {
  return message === undefined
    ? undefined
    : { uids: message.uids.map(decodeRange), gids: message.gids.map(decodeRange) };
}

function decodeRange({ inside, outside, length }: IdRange): IdMap["uids"][number] {
  return { inside, outside, length };
}
