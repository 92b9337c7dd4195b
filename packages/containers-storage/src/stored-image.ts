import { type Descriptor, type Digest, encodedOf } from "@stowage/oci";

/** An image, as `images.json` has it. */
export interface StoredImage {
  /** The digest of its config. */
  readonly id: Digest;
  /** The digest of its manifest. */
  readonly digest: Digest;
  /** References with tag or digest; no other image has one of them. */
  readonly names: readonly string[];
  /** The id of its top layer. */
  readonly layer: string;
  readonly bigData: readonly BigData[];
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** A document of an image, by a key. */
export interface BigData {
  readonly key: string;
  readonly blob: Pick<Descriptor, "digest" | "size">;
}

interface Documents {
  readonly config: Descriptor;
  readonly manifest: Descriptor;
  readonly index?: Descriptor | undefined;
}

/** The keys under which readers look for the documents of an image. */
export function bigDataOf({ config, manifest, index }: Documents): readonly BigData[] {
  const byDigest = [manifest, ...(index === undefined ? [] : [index])];
  return [
    { key: config.digest, blob: config },
    ...byDigest.map((blob) => ({ key: `manifest-${blob.digest}`, blob })),
    { key: "manifest", blob: manifest },
  ];
}

/** The name of an image's directory: the hex of its id. */
export function imageDirectoryOf({ id }: Pick<StoredImage, "id">): string {
  return encodedOf(id);
}

/** A record of `images.json`. */
export function encodeStoredImage(image: StoredImage): string {
  return JSON.stringify(recordOf(image));
}

function recordOf(image: StoredImage) {
  const { digest, names, layer, bigData, created } = image;
  return {
    id: imageDirectoryOf(image),
    digest,
    names,
    layer,
    metadata: "{}",
    "big-data-names": bigData.map(({ key }) => key),
    "big-data-sizes": Object.fromEntries(bigData.map(({ key, blob }) => [key, blob.size])),
    "big-data-digests": Object.fromEntries(bigData.map(({ key, blob }) => [key, blob.digest])),
    created: new Date(created).toISOString(),
  };
}
