import { type Descriptor, type Digest, type DigestAlgorithm, digestOf, isDigest } from "@stowage/oci";

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

/**
 * What a registry has, in memory. Blobs that a test adds are in every repository; those that a client pushes or mounts,
 * and all documents, are in one.
 */
export class RegistryContent {
  readonly #shared = new Map<string, Uint8Array>();
  readonly #repositories = new Map<string, RepositoryContent>();

  addBlob(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
    const digest = digestOf(bytes, algorithm);
    this.#shared.set(digest, bytes);
    return digest;
  }

  putBlob(repository: string, digest: Digest, bytes: Uint8Array): void {
    this.#open(repository).blobs.set(digest, bytes);
  }

  findBlob(repository: string, digest: string): Uint8Array | undefined {
    return this.#repositories.get(repository)?.blobs.get(digest) ?? this.#shared.get(digest);
  }

  /** Whether there was such a blob. One that is in every repository is gone from every one. */
  deleteBlob(repository: string, digest: string): boolean {
    const own = this.#repositories.get(repository)?.blobs.delete(digest) ?? false;
    return this.#shared.delete(digest) || own;
  }

  /** The document is found by both its sha256 and its sha512, and by `tag`. */
  addManifest(repository: string, document: FakeDocument, tag?: string): Descriptor {
    const { documents, tags } = this.#open(repository);
    const digest = digestOf(document.bytes);
    for (const name of [digest, digestOf(document.bytes, "sha512")]) documents.set(name, document);
    if (tag !== undefined) tags.set(tag, digest);
    return { mediaType: document.mediaType, digest, size: document.bytes.byteLength };
  }

  putImage(repository: string, tag: string, { root, documents, blobs }: FakeImage): Descriptor {
    for (const blob of blobs) this.addBlob(blob);
    for (const document of documents) this.addManifest(repository, document);
    return this.addManifest(repository, root, tag);
  }

  /** By tag or digest. */
  findDocument(repository: string, name: string): FakeDocument | undefined {
    const found = this.#repositories.get(repository);
    return found?.documents.get(isDigest(name) ? name : (found.tags.get(name) ?? ""));
  }

  /** Every document of a repository once. */
  documentsOf(repository: string): readonly FakeDocument[] {
    return [...new Set(this.#repositories.get(repository)?.documents.values())];
  }

  /** Takes a tag away, or a document with all its names; says whether there was one. */
  deleteDocument(repository: string, name: string): boolean {
    const document = this.findDocument(repository, name);
    if (document === undefined) return false;
    const { documents, tags } = this.#open(repository);
    if (!isDigest(name)) return tags.delete(name);
    const names: ReadonlySet<string> = new Set([digestOf(document.bytes), digestOf(document.bytes, "sha512")]);
    for (const digest of names) documents.delete(digest);
    for (const [tag, digest] of tags) if (names.has(digest)) tags.delete(tag);
    return true;
  }

  /** In the order of their characters. */
  findTags(repository: string): readonly string[] | undefined {
    const found = this.#repositories.get(repository);
    return found === undefined ? undefined : [...found.tags.keys()].toSorted();
  }

  #open(repository: string): RepositoryContent {
    const found = this.#repositories.get(repository);
    if (found !== undefined) return found;
    const fresh = { blobs: new Map(), documents: new Map(), tags: new Map() };
    this.#repositories.set(repository, fresh);
    return fresh;
  }
}

interface RepositoryContent {
  readonly blobs: Map<string, Uint8Array>;
  /** By digest. */
  readonly documents: Map<string, FakeDocument>;
  /** Digests by tag. */
  readonly tags: Map<string, string>;
}
