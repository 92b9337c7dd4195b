import { z } from "zod";

/** What a registry looks at in a manifest or an index. */
export interface ManifestFields {
  readonly mediaType?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly config?: Link | undefined;
  readonly layers?: readonly Link[] | undefined;
  readonly manifests?: readonly Link[] | undefined;
  readonly subject?: Link | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

interface Link {
  readonly digest: string;
  readonly mediaType?: string | undefined;
}

/** `undefined` where the bytes are neither a manifest nor an index. */
export function readFields(bytes: Uint8Array): ManifestFields | undefined {
  try {
    return fieldsSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const link = z.object({ digest: z.string(), mediaType: z.string().optional() });

const fieldsSchema: z.ZodType<ManifestFields> = z.object({
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: link.optional(),
  layers: z.array(link).optional(),
  manifests: z.array(link).optional(),
  subject: link.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
