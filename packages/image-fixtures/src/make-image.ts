import { type Descriptor, type Digest, digestOf, mediaTypes, type Platform, parsePlatform } from "@stowage/oci";
import { type LayerRecipe, type MadeLayer, makeLayer } from "./make-layer.ts";

export interface PlatformRecipe {
  /** `os/architecture[/variant]` */
  readonly platform: string;
  /** Bottom first. */
  readonly layers: readonly LayerRecipe[];
  readonly user?: string;
  /** What else the config says of the process, as OCI spells it: `{ Cmd: ["/bin/sh"] }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Said of the layers in the config in place of what they are. */
  readonly diffIds?: readonly Digest[];
}

/** One platform is a manifest, several an index over manifests, unless `index` says otherwise. */
export interface ImageRecipe {
  readonly platforms: readonly PlatformRecipe[];
  readonly index?: boolean;
}

export interface MadePlatform {
  readonly platform: Platform;
  /** The digest of the config. */
  readonly id: Digest;
  readonly manifest: Descriptor;
  readonly layers: readonly MadeLayer[];
}

interface MadeDocument {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** An image as a registry serves it (the shape that `@stowage/registry-fake` takes), and what is in it. */
export interface MadeImage {
  readonly root: MadeDocument;
  /** What the digest of the root is. */
  readonly digest: Digest;
  readonly documents: readonly MadeDocument[];
  readonly blobs: readonly Uint8Array[];
  readonly platforms: readonly MadePlatform[];
}

/** Makes an image to order. The same recipe gives the same bytes. */
export function makeImage({ platforms: recipes, index = recipes.length > 1 }: ImageRecipe): MadeImage {
  const made = recipes.map(makePlatform);
  const platforms = made.map(({ platform }) => platform);
  const documents = made.map(({ document }) => document);
  const manifests = platforms.map(({ manifest, platform }) => ({ ...manifest, platform }));
  const whole = encodeDocument(mediaTypes.ociIndex, { manifests });
  const [only] = documents;
  const root = index || only === undefined ? whole : only;
  const blobs = made.flatMap(({ configBytes, platform }) => [
    configBytes,
    ...platform.layers.map(({ bytes }) => bytes),
  ]);
  return {
    root,
    digest: digestOf(root.bytes),
    documents: documents.filter((document) => document !== root),
    blobs,
    platforms,
  };
}

function makePlatform(recipe: PlatformRecipe) {
  const platform = parsePlatform(recipe.platform);
  const layers = recipe.layers.map(makeLayer);
  const configBytes = encodeJson({
    ...platform,
    created: "2026-01-02T03:04:05Z",
    config: { ...recipe.config, ...(recipe.user === undefined ? {} : { User: recipe.user }) },
    rootfs: { type: "layers", diff_ids: recipe.diffIds ?? layers.map(({ diffId }) => diffId) },
  });
  const id = digestOf(configBytes);
  const document = encodeDocument(mediaTypes.ociManifest, {
    config: { mediaType: mediaTypes.ociConfig, digest: id, size: configBytes.byteLength },
    layers: layers.map(({ descriptor }) => descriptor),
    ...(recipe.annotations === undefined ? {} : { annotations: recipe.annotations }),
  });
  const manifest = { mediaType: document.mediaType, digest: digestOf(document.bytes), size: document.bytes.byteLength };
  return { platform: { platform, id, manifest, layers }, document, configBytes };
}

function encodeDocument(mediaType: string, fields: object): MadeDocument {
  return { bytes: encodeJson({ schemaVersion: 2, mediaType, ...fields }), mediaType };
}

function encodeJson(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
