import { create } from "@bufbuild/protobuf";
import type { Usage } from "@stowage/snapshots";
import { type DiskUsage, DiskUsageSchema } from "./gen/stowage/v1/store_pb.ts";

/** What something takes on the disk, as `stowage.v1` carries it. */
export function encodeUsage({ bytes, inodes }: Usage): DiskUsage {
  return create(DiskUsageSchema, { bytes: BigInt(bytes), inodes: BigInt(inodes) });
}

export function decodeUsage(usage: DiskUsage | undefined): Usage {
  return { bytes: Number(usage?.bytes ?? 0n), inodes: Number(usage?.inodes ?? 0n) };
}
