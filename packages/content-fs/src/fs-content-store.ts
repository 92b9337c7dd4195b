import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BlobInfo, ContentStore, IngestInfo } from "@stowage/content";
import { type AbortOptions, asStorageError, isErrno, StowageError } from "@stowage/errors";
import { startResumableHash } from "@stowage/linux";
import { algorithmOf, type Descriptor, type Digest, encodedOf, isDigest, verified } from "@stowage/oci";
import { syncDirectory, writeDurably } from "./durable-file.ts";
import { receive } from "./ingest.ts";
import { readNote } from "./ingest-checkpoint.ts";

/** Reads are this large: past 1 MiB nothing is gained. */
const blockBytes = 1024 * 1024;

const algorithms = ["sha256", "sha512"] as const;

/**
 * Opens the store under `root` (made where it is missing): `blobs/<algorithm>/<hex>` and `ingest/`.
 * The caller holds the lock on it. What an earlier process had of blobs from afar is gone on with; what else it left
 * half-written is dropped.
 */
export async function openContentStore(root: string): Promise<ContentStore> {
  const ingest = join(root, "ingest");
  try {
    await mkdir(ingest, { recursive: true, mode: 0o700 });
    await dropLeftovers(ingest);
    for (const algorithm of algorithms) await mkdir(join(root, "blobs", algorithm), { recursive: true, mode: 0o700 });
    await syncDirectory(join(root, "blobs"));
    await syncDirectory(root);
  } catch (error) {
    throw asStorageError(error, `open the content store "${root}"`);
  }
  return new FsContentStore(root);
}

class FsContentStore implements ContentStore {
  readonly #root: string;
  /** Whose directory in `ingest` somebody is at. */
  readonly #taken = new Set<Digest>();

  constructor(root: string) {
    this.#root = root;
  }

  async find(digest: Digest, { signal }: AbortOptions = {}): Promise<BlobInfo | undefined> {
    signal?.throwIfAborted();
    try {
      const { size, mtimeMs } = await stat(this.#path(digest));
      return { digest, size, storedAt: mtimeMs };
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw asStorageError(error, `look for blob ${digest}`);
    }
  }

  async *read(digest: Digest, { signal }: AbortOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted();
    await using file = await this.#open(digest);
    for (;;) {
      signal?.throwIfAborted();
      const { buffer, bytesRead } = await file.read(new Uint8Array(blockBytes));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async write(
    want: Pick<Descriptor, "digest" | "size">,
    source: AsyncIterable<Uint8Array>,
    { signal }: AbortOptions = {},
  ): Promise<void> {
    if ((await this.find(want.digest, { signal }))?.size === want.size) return;
    const path = this.#path(want.digest);
    const ingest = join(this.#root, "ingest", randomUUID());
    try {
      await writeDurably(ingest, verified(until(signal, source), want));
      await rename(ingest, path);
      await syncDirectory(join(path, ".."));
    } catch (error) {
      await rm(ingest, { force: true });
      throw asStorageError(error, `store blob ${want.digest}`);
    }
  }

  async ingest(
    want: Pick<Descriptor, "digest" | "size">,
    openSource: (offset: number) => AsyncIterable<Uint8Array>,
    { signal }: AbortOptions = {},
  ): Promise<void> {
    if (this.#taken.has(want.digest) || startResumableHash(algorithmOf(want.digest)) === undefined) {
      return await this.write(want, copied(openSource(0)), { signal });
    }
    this.#taken.add(want.digest);
    try {
      if ((await this.find(want.digest, { signal }))?.size === want.size) return;
      const directory = ingestPath(this.#root, want.digest);
      await receive({ directory, want, path: this.#path(want.digest) }, openSource, { signal });
    } catch (error) {
      throw asStorageError(error, `store blob ${want.digest}`);
    } finally {
      this.#taken.delete(want.digest);
    }
  }

  async *listIngests({ signal }: AbortOptions = {}): AsyncGenerator<IngestInfo, void, undefined> {
    for (const name of await readdir(join(this.#root, "ingest"))) {
      signal?.throwIfAborted();
      const digest = digestOfIngest(name);
      const note = digest === undefined ? undefined : await readNote(join(this.#root, "ingest", name));
      if (digest === undefined || note === undefined) continue;
      yield { digest, size: note.size, arrived: note.bytes, updatedAt: note.notedAt };
    }
  }

  async removeIngest(digest: Digest, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#taken.has(digest)) return;
    this.#taken.add(digest); // whoever ingests it meanwhile writes elsewhere
    try {
      await rm(ingestPath(this.#root, digest), { recursive: true, force: true });
    } catch (error) {
      throw asStorageError(error, `drop what arrived of blob ${digest}`);
    } finally {
      this.#taken.delete(digest);
    }
  }

  async remove(digest: Digest, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    try {
      await rm(this.#path(digest), { force: true });
    } catch (error) {
      throw asStorageError(error, `remove blob ${digest}`);
    }
  }

  async *list({ signal }: AbortOptions = {}): AsyncGenerator<BlobInfo, void, undefined> {
    for (const algorithm of algorithms) {
      for (const encoded of await readdir(join(this.#root, "blobs", algorithm))) {
        const digest = `${algorithm}:${encoded}`;
        const info = isDigest(digest) ? await this.find(digest, { signal }) : undefined;
        if (info !== undefined) yield info;
      }
    }
  }

  #path(digest: Digest): string {
    return join(this.#root, "blobs", algorithmOf(digest), encodedOf(digest));
  }

  async #open(digest: Digest): ReturnType<typeof open> {
    try {
      return await open(this.#path(digest));
    } catch (cause) {
      if (!isErrno(cause, "ENOENT")) throw asStorageError(cause, `read blob ${digest}`);
      throw new StowageError("not-found", `Cannot read blob ${digest}: it is not here`, { cause });
    }
  }
}

function ingestPath(root: string, digest: Digest): string {
  return join(root, "ingest", `${algorithmOf(digest)}-${encodedOf(digest)}`);
}

function digestOfIngest(name: string): Digest | undefined {
  const digest = name.replace("-", ":");
  return isDigest(digest) ? digest : undefined;
}

/** Everything in `ingest` that nobody can go on with. */
async function dropLeftovers(ingest: string): Promise<void> {
  for (const name of await readdir(ingest)) {
    const path = join(ingest, name);
    const isKept = digestOfIngest(name) !== undefined && (await readNote(path)) !== undefined;
    if (!isKept) await rm(path, { recursive: true, force: true });
  }
}

/** The blocks of a source that only lends them: `write` gathers several before it is done with the first. */
async function* copied(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const block of source) yield new Uint8Array(block);
}

/** `source`, until `signal` aborts. */
async function* until(
  signal: AbortSignal | undefined,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
