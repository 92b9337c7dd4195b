import type { ImageRecord } from "@stowage/images";
import { descriptorSchema, digestSchema } from "@stowage/oci";
import { z } from "zod";

/** The record with what is kept of it, and nothing else. */
export function parseRecord(record: ImageRecord): ImageRecord {
  return schema.parse(record);
}

/** How an image is kept in its row: JSON, so that a field can be added without a migration. */
export function encodeRecord(record: ImageRecord): string {
  return JSON.stringify(record);
}

/** The record in a row, or `undefined` where the row is damaged: one bad image must not hide the others. */
export function decodeRecord(text: string): ImageRecord | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const count = z.int().min(0);
const platform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  osVersion: z.string().optional(),
});

// `descriptorSchema` reads a descriptor's platform as OCI spells it, which a record has no use for.
const descriptor = descriptorSchema.transform(({ mediaType, digest, size }) => ({ mediaType, digest, size }));

const schema: z.ZodType<ImageRecord> = z.object({
  id: digestSchema,
  manifest: descriptor,
  index: descriptor.optional(),
  config: descriptor,
  layers: z.array(z.object({ blob: descriptor, kept: z.boolean(), diffId: digestSchema, bytes: count, inodes: count })),
  platform,
  user: z.string(),
  annotations: z.record(z.string(), z.string()),
  created: z.string().optional(),
});
