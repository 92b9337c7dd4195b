import { type ContainerRecord, isContainerId } from "@stowage/container-state";
import { digestSchema, type IdMap } from "@stowage/oci";
import { z } from "zod";

/** How a container is kept in its row: JSON, so that a field can be added without a migration. */
export function encodeContainer(record: ContainerRecord): string {
  return JSON.stringify(record);
}

/** The record in a row, or `undefined` where the row is damaged: one bad container must not hide the others. */
export function decodeContainer(text: string): ContainerRecord | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const id = z.int().min(0).max(0xffff_fffe);
const ranges = z.array(z.object({ inside: id, outside: id, length: id }));
const idMap: z.ZodType<IdMap> = z.object({ uids: ranges, gids: ranges });

const schema: z.ZodType<ContainerRecord> = z.object({
  id: z.string().refine(isContainerId),
  names: z.array(z.string()),
  imageId: digestSchema,
  handler: z.string().optional(),
  snapshotter: z.string().optional(),
  metadata: z.string(),
  idMap: idMap.optional(),
  volatile: z.boolean(),
  boot: z.string(),
  createdAt: z.number(),
});
