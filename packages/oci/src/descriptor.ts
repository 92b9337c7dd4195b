import { z } from "zod";
import { type Digest, isDigest } from "./digest.ts";
import { maxAnnotationBytes, maxUrlLength, maxUrls } from "./limits.ts";
import { type Platform, platformSchema } from "./platform.ts";

/** Bytes by name: what they are, their digest and their exact size (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly platform?: Platform | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Where else the bytes may lie, as whoever wrote the descriptor says. Nobody goes there unless told to. */
  readonly urls?: readonly string[] | undefined;
}

/** For the schemas of documents of one's own that hold digests and descriptors. */
export const digestSchema: z.ZodType<Digest> = z
  .string()
  .refine(isDigest, { error: "expected a sha256 or sha512 digest" });

/** Of a manifest, an index or a descriptor, each with a limit for all of its own. */
export const annotationsSchema: z.ZodType<Readonly<Record<string, string>>> = z
  .record(z.string(), z.string())
  .refine((annotations) => bytesOf(annotations) <= maxAnnotationBytes, {
    error: `expected at most ${maxAnnotationBytes} bytes of keys and values`,
  });

/**
 * `data` is left out on purpose: bytes come from the registry that was asked. A platform that is none is left out too: an entry that nobody can choose does not spoil the others of its index.
 */
export const descriptorSchema: z.ZodType<Descriptor> = z.object({
  mediaType: z.string().min(1).max(255),
  digest: digestSchema,
  size: z.int().min(0),
  platform: platformSchema
    .nullish()
    .transform((platform) => platform ?? undefined)
    .catch(undefined),
  annotations: annotationsSchema.nullish().transform((annotations) => annotations ?? undefined),
  urls: z
    .array(z.string().max(maxUrlLength))
    .max(maxUrls)
    .nullish()
    .transform((urls) => urls ?? undefined)
    .catch(undefined),
});

/** For messages: the digest and the size that were promised. */
export function formatDescriptor(descriptor: Pick<Descriptor, "digest" | "size">): string {
  return `${descriptor.digest} (${descriptor.size} bytes)`;
}

function bytesOf(annotations: Readonly<Record<string, string>>): number {
  const texts = Object.entries(annotations).flat();
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
