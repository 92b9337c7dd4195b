import type { Admission, Origin } from "@stowage/admission";
import { isStowageError } from "@stowage/errors";
import {
  choosePlatform,
  type Digest,
  decodeImageConfig,
  formatPlatform,
  type ImageConfig,
  isImageConfig,
  type Manifest,
  parseImageUser,
} from "@stowage/oci";
import type { RegistryOptions } from "@stowage/registry";
import type { JoinOptions } from "@stowage/shared-work";
import { bringConfig, type ConfigDependencies } from "./bring-config.ts";
import { type ChosenManifest, chooseManifest, refusal, type Wanted } from "./choose-manifest.ts";

/** What a reference names for one platform, with the bytes of everything that was read to find it. */
export interface ChosenImage extends ChosenManifest {
  /** An artifact has none that is read. */
  readonly config: ImageConfig | undefined;
  readonly configBytes: Uint8Array;
}

export interface ChooseDependencies extends ConfigDependencies {
  readonly admission: Admission;
}

export interface ChooseOptions extends RegistryOptions, Pick<JoinOptions, "shares"> {
  /** Where the image comes from, which is a registry where it is left out. */
  readonly origin?: Origin | undefined;
  readonly namespace?: string | undefined;
}

/**
 * Finds the manifest of an image, asks whether that may come here, and only then fetches its config. Fails as `chooseManifest` and
 * `Admission` do. A user that some would read as another one is refused here, before it is listed. A manifest whose config is not
 * that of an image is an artifact.
 */
export async function chooseImage(
  dependencies: ChooseDependencies,
  wanted: Wanted,
  { shares, origin = { transport: "docker" }, namespace, ...options }: ChooseOptions,
): Promise<ChosenImage> {
  const { reference } = wanted;
  const chosen = await chooseManifest(dependencies, wanted, options);
  const { source, manifest } = chosen;
  await dependencies.admission.admit({ reference, manifest: source.descriptor.digest, origin, namespace }, options);
  const wantedConfig = { config: manifest.config, repository: reference };
  const configBytes = await bringConfig(dependencies, wantedConfig, { ...options, shares });
  const config = imageConfigIn(configBytes, manifest.config.mediaType);
  if (config !== undefined) requireFitting(config, manifest, wanted);
  return { ...chosen, config, configBytes };
}

/** What it will be known by. */
export function idOf({ config, manifest, source }: ChosenImage): Digest {
  return config === undefined ? source.descriptor.digest : manifest.config.digest;
}

/** Where its type says nothing, it is an image's if it reads as one. */
function imageConfigIn(bytes: Uint8Array, mediaType: string): ImageConfig | undefined {
  const isImage = isImageConfig(mediaType);
  if (isImage === false) return undefined;
  try {
    return decodeImageConfig(bytes);
  } catch (error) {
    if (isImage === undefined && isStowageError(error, "invalid-argument")) return undefined;
    throw error;
  }
}

function requireFitting(config: ImageConfig, manifest: Manifest, wanted: Wanted): void {
  parseImageUser(config.user);
  requirePlatform(config, wanted);
  requireLayers(manifest, config, wanted);
}

function requirePlatform(config: ImageConfig, wanted: Wanted): void {
  if (choosePlatform([config], wanted.platform) !== undefined) return;
  throw refusal(
    wanted,
    "not-found",
    `it is for ${formatPlatform(config.platform)}, not for ${formatPlatform(wanted.platform)}`,
  );
}

function requireLayers(manifest: Manifest, config: ImageConfig, wanted: Wanted): void {
  if (manifest.layers.length === config.diffIds.length) return;
  const counts = `${manifest.layers.length} layers, and its config names ${config.diffIds.length}`;
  throw refusal(wanted, "failed-precondition", `its manifest has ${counts}`);
}
