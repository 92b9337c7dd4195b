import { StowageError } from "@stowage/errors";
import { z } from "zod";
import { digestSchema } from "./descriptor.ts";
import { type Digest, digestOf } from "./digest.ts";
import { decodeJson, explain } from "./json.ts";
import { maxConfigBytes, maxLayers } from "./limits.ts";
import { type Platform, platformSchema } from "./platform.ts";

/** The part of an image config that stowage acts on (OCI image-spec, config.md). */
export interface ImageConfig {
  readonly platform: Platform;
  /** Digests of the plain tars of the layers, bottom first. */
  readonly diffIds: readonly Digest[];
  /** `config.User` as it is written, `""` where there is none. */
  readonly user: string;
  /** RFC 3339; what is written otherwise is as good as nothing. */
  readonly created?: string | undefined;
}

/** Fails with `invalid-argument` for what is no image config. */
export function decodeImageConfig(bytes: Uint8Array): ImageConfig {
  const name = `image config ${digestOf(bytes)}`;
  const read = schema.safeParse(decodeJson(bytes, { name, limit: maxConfigBytes }));
  if (!read.success) throw new StowageError("invalid-argument", `Cannot read ${name}: ${explain(read.error)}`);
  const { platform, rootfs, config, created } = read.data;
  return {
    platform,
    diffIds: rootfs.diff_ids,
    user: config?.User ?? "",
    ...(created === undefined ? {} : { created }),
  };
}

const schema = z.intersection(
  platformSchema.transform((platform) => ({ platform })),
  z.object({
    created: z
      .unknown()
      .transform((created) => (isTime(created) ? created : undefined))
      .optional(),
    config: z.object({ User: z.string().max(1024).nullish() }).nullish(),
    rootfs: z.object({ type: z.literal("layers"), diff_ids: z.array(digestSchema).max(maxLayers) }),
  }),
);

/** RFC 3339, section 5.6, with as many digits of a second as Go writes. */
const timeFormat = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

function isTime(value: unknown): value is string {
  return typeof value === "string" && timeFormat.test(value) && !Number.isNaN(Date.parse(value));
}
