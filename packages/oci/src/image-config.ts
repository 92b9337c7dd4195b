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
  readonly created?: string | undefined;
}

/** Fails with `invalid-argument` for what is no image config. */
export function decodeImageConfig(bytes: Uint8Array): ImageConfig {
  const name = `image config ${digestOf(bytes)}`;
  const read = schema.safeParse(decodeJson(bytes, { name, limit: maxConfigBytes }));
  if (!read.success) throw new StowageError("invalid-argument", `Cannot read ${name}: ${explain(read.error)}`);
  const { rootfs, config, created, ...platform } = read.data;
  return {
    platform: platformSchema.parse(platform),
    diffIds: rootfs.diff_ids,
    user: config?.User ?? "",
    ...(created ? { created } : {}),
  };
}

const schema = z.object({
  os: z.string().min(1).max(64),
  architecture: z.string().min(1).max(64),
  variant: z.string().max(64).nullish(),
  "os.version": z.string().max(64).nullish(),
  created: z.string().max(64).nullish(),
  config: z.object({ User: z.string().max(1024).nullish() }).nullish(),
  rootfs: z.object({ type: z.literal("layers"), diff_ids: z.array(digestSchema).max(maxLayers) }),
});
