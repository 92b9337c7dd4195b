import { type Descriptor, type Platform } from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import type { ChosenImage } from "./choose-image.ts";
import type { WantedBlob } from "./fetch-blob.ts";
import type { WantedLayer } from "./stage-layer.ts";

/** What a pull is to bring here: documents, and layers to unpack, or the files of an artifact. */
export interface PullPlan {
  readonly chosen: ChosenImage;
  readonly reference: Reference;
  readonly platform: Platform;
  /** Index, manifest and config: they are kept, so that all about the image can be answered without a network. */
  readonly documents: readonly Document[];
  readonly layers: readonly WantedLayer[];
  readonly files: readonly WantedBlob[];
  /** The names that the image gets. */
  readonly names: readonly string[];
}

export interface Document {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

interface Wanted {
  readonly reference: Reference;
  readonly platform: Platform;
  /** What it is to be called; by default as its registry calls it. */
  readonly names?: readonly string[] | undefined;
}

export function planOf(chosen: ChosenImage, { reference, platform, names }: Wanted): PullPlan {
  const blobs = chosen.manifest.layers.map((blob) => ({ blob, repository: reference }));
  const diffIds = chosen.config?.diffIds;
  return {
    chosen,
    reference,
    platform: chosen.config?.platform ?? platform,
    documents: documentsOf(chosen),
    layers: diffIds === undefined ? [] : blobs.map((blob, at) => ({ ...blob, chain: diffIds.slice(0, at + 1) })),
    files: diffIds === undefined ? blobs : [],
    names: names ?? namesOf(reference, chosen),
  };
}

function documentsOf({ root, source, manifest, configBytes }: ChosenImage): readonly Document[] {
  const own = [{ descriptor: manifest.config, bytes: configBytes }, source];
  return root === source ? own : [...own, root];
}

/** A tag and what it named just now, or exactly the digest that was asked for. */
function namesOf(reference: Reference, { root }: ChosenImage): readonly string[] {
  const { domain, path, tag, digest } = reference;
  if (digest !== undefined) return [formatReference({ domain, path, digest })];
  const resolved = formatReference({ domain, path, digest: root.descriptor.digest });
  return tag === undefined ? [resolved] : [formatReference({ domain, path, tag }), resolved];
}
