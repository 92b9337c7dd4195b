import { type Descriptor, type Digest, type DigestAlgorithm, digestOf } from "@stowage/oci";

/** A manifest or an index, as bytes. */
export interface FakeDocument {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** An image to serve: the document that its tag names, the documents below that, and all blobs. */
export interface FakeImage {
  readonly root: FakeDocument;
  readonly documents: readonly FakeDocument[];
  readonly blobs: readonly Uint8Array[];
}

/** What a registry has, in memory. Blobs are in every repository; documents are in the one they were put in. */
export class RegistryContent {
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #documents = new Map<string, FakeDocument>();
  readonly #tags = new Map<string, Set<string>>();

  addBlob(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
    const digest = digestOf(bytes, algorithm);
    this.#blobs.set(digest, bytes);
    return digest;
  }

  /** The document is found by both its sha256 and its sha512, and by `tag`. */
  addManifest(repository: string, document: FakeDocument, tag?: string): Descriptor {
    const digest = digestOf(document.bytes);
    for (const name of [digest, digestOf(document.bytes, "sha512")])
      this.#documents.set(`${repository}@${name}`, document);
    if (tag !== undefined) {
      this.#documents.set(`${repository}@${tag}`, document);
      this.#tags.set(repository, (this.#tags.get(repository) ?? new Set()).add(tag));
    }
    return { mediaType: document.mediaType, digest, size: document.bytes.byteLength };
  }

  putImage(repository: string, tag: string, { root, documents, blobs }: FakeImage): Descriptor {
    for (const blob of blobs) this.addBlob(blob);
    for (const document of documents) this.addManifest(repository, document);
    return this.addManifest(repository, root, tag);
  }

  findBlob(digest: string): Uint8Array | undefined {
    return this.#blobs.get(digest);
  }

  /** By tag or digest. */
  findDocument(repository: string, name: string): FakeDocument | undefined {
    return this.#documents.get(`${repository}@${name}`);
  }

  findTags(repository: string): readonly string[] | undefined {
    const tags = this.#tags.get(repository);
    return tags === undefined ? undefined : [...tags].toSorted();
  }
}
