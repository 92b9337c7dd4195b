import { isStowageError, StowageError } from "@stowage/errors";
import {
  choosePlatform,
  type Digest,
  decodeImageConfig,
  formatPlatform,
  type ImageConfig,
  type Index,
  isImageConfig,
  type Manifest,
  maxIndexDepth,
  type Platform,
  parseImageUser,
} from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import type { FetchedDocument, RegistryOptions } from "@stowage/registry";
import type { JoinOptions } from "@stowage/shared-work";
import { bringConfig, type ConfigDependencies } from "./bring-config.ts";

/** What a reference names for one platform, with the bytes of everything that was read to find it. */
export interface ChosenImage {
  /** What the reference itself names: the manifest, or an index it was chosen from. */
  readonly root: FetchedDocument;
  readonly source: FetchedDocument;
  readonly manifest: Manifest;
  /** An artifact has none that is read. */
  readonly config: ImageConfig | undefined;
  readonly configBytes: Uint8Array;
}

interface Wanted {
  readonly reference: Reference;
  readonly platform: Platform;
}

/**
 * Asks the registry what `reference` names, and follows indexes to the manifest and config for `platform`.
 * Fails with `not-found` where the platform is not offered, naming those that are. A user that some would read as
 * another one is refused here, before it is listed. A manifest whose config is not that of an image is an artifact.
 */
export async function chooseManifest(
  dependencies: ConfigDependencies,
  wanted: Wanted,
  { shares, ...options }: RegistryOptions & Pick<JoinOptions, "shares">,
): Promise<ChosenImage> {
  const { registry } = dependencies;
  const root = await registry.resolve(wanted.reference, options);
  let source = root;
  for (let depth = 0; source.document.kind === "index"; depth += 1) {
    if (depth === maxIndexDepth)
      throw refusal(wanted, "invalid-argument", `its indexes lie more than ${maxIndexDepth} deep`);
    source = await registry.document(wanted.reference, chooseEntry(source.document, wanted), options);
  }
  const manifest = source.document;
  const configBytes = await bringConfig(
    dependencies,
    { config: manifest.config, repository: wanted.reference },
    { ...options, shares },
  );
  const config = imageConfigIn(configBytes, manifest.config.mediaType);
  if (config !== undefined) requireFitting(config, manifest, wanted);
  return { root, source, manifest, config, configBytes };
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

function chooseEntry(index: Index, wanted: Wanted): Index["manifests"][number] {
  const entry = choosePlatform(index.manifests, wanted.platform);
  if (entry !== undefined) return entry;
  const offered = index.manifests.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
  const known = [...new Set(offered)].filter((platform) => platform !== "unknown/unknown").slice(0, maxOffersTold);
  throw refusal(
    wanted,
    "not-found",
    `it is not there for ${formatPlatform(wanted.platform)}, only for ${known.join(", ") || "no platform"}`,
  );
}

/** Enough to see what there is; an index can hold thousands. */
const maxOffersTold = 10;

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

function refusal(
  { reference }: Wanted,
  code: "not-found" | "invalid-argument" | "failed-precondition",
  why: string,
): StowageError {
  return new StowageError(code, `Cannot pull ${formatReference(reference)}: ${why}`);
}
