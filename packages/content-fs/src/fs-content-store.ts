import { randomUUID } from "node:crypto";
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BlobInfo, ContentStore, IngestInfo, IngestOptions, StagedBlob, VerifyOptions } from "@stowage/content";
import { type AbortOptions, asStorageError, isErrno, isStowageError, StowageError } from "@stowage/errors";
import { type Durability, type Flusher, makeDirectory, openFlusher } from "@stowage/linux";
import { algorithmOf, type Descriptor, type Digest, encodedOf, isDigest } from "@stowage/oci";
import { step } from "@stowage/steps";
import { startHashOf } from "./blob-hash.ts";
import { receive, removeIngestFile } from "./ingest.ts";
import { noteOf } from "./ingest-checkpoint.ts";
import { StagedFile } from "./staged-file.ts";
import { readFrom, statIfThere, wholeFile } from "./whole-file.ts";

const algorithms = ["sha256", "sha512"] as const;

export interface ContentStoreOptions {
  /** Whether a committed blob survives a power cut (`full`, the default) or what the kernel had time for (`relaxed`). */
  readonly durability?: Durability | undefined;
}

/**
 * Opens the store under `root` (made where it is missing): `blobs/<algorithm>/<hex>` and `ingest/`.
 * The caller holds the lock on it. What an earlier process had of blobs is gone on with; what else it left half-written is
 * dropped.
 */
export async function openContentStore(
  root: string,
  { durability = "full" }: ContentStoreOptions = {},
): Promise<ContentStore & Disposable> {
  const ingest = join(root, "ingest");
  using opening = new DisposableStack();
  try {
    await makeDirectory(ingest);
    await dropLeftovers(ingest);
    for (const algorithm of algorithms) await makeDirectory(join(root, "blobs", algorithm));
    for (const made of [join(root, "blobs"), root, join(root, "..")]) await flushNames(made, durability);
    const flusherOf = (algorithm: string): Flusher =>
      opening.use(openFlusher(join(root, "blobs", algorithm), { scope: "names", durability }));
    const flushers = { sha256: flusherOf("sha256"), sha512: flusherOf("sha512") };
    return new FsContentStore(root, { durability, flushers, open: opening.move() });
  } catch (error) {
    throw asStorageError(error, `open the content store "${root}"`);
  }
}

interface Opened {
  readonly durability: Durability;
  /** Of the directories of blobs. */
  readonly flushers: Readonly<Record<(typeof algorithms)[number], Flusher>>;
  readonly open: Disposable;
}

class FsContentStore implements ContentStore, Disposable {
  readonly #root: string;
  readonly #opened: Opened;
  /** Whose file in `ingest` somebody is at. */
  readonly #taken = new Set<Digest>();
  /** Blobs whose bytes this process has seen to be right. */
  readonly #verified = new Set<Digest>();

  constructor(root: string, opened: Opened) {
    this.#root = root;
    this.#opened = opened;
  }

  async find(digest: Digest, { signal }: AbortOptions = {}): Promise<BlobInfo | undefined> {
    signal?.throwIfAborted();
    try {
      const found = await statIfThere(this.#path(digest));
      return found === undefined ? undefined : { digest, size: found.size, storedAt: found.mtimeMs };
    } catch (error) {
      throw asStorageError(error, `look for blob ${digest}`);
    }
  }

  async *read(digest: Digest, options: AbortOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    options.signal?.throwIfAborted();
    await using file = await this.#open(digest);
    try {
      yield* readFrom(file, options);
    } catch (error) {
      throw asStorageError(error, `read blob ${digest}`);
    }
  }

  async verify(digest: Digest, { signal, pace }: VerifyOptions = {}): Promise<boolean> {
    if ((await this.find(digest, { signal })) === undefined) return false;
    const hash = startHashOf(digest);
    try {
      for await (const block of this.read(digest, { signal })) {
        await hash.update(block);
        await pace?.(block.byteLength);
      }
    } catch (error) {
      // It went just now, or the disk does not give it back.
      if (!isStowageError(error, "not-found") && !isStowageError(error, "data-loss")) throw error;
      this.#verified.delete(digest);
      return false;
    }
    const isRight = (await hash.finish()) === encodedOf(digest);
    if (isRight) this.#verified.add(digest);
    else this.#verified.delete(digest);
    return isRight;
  }

  async ingest(
    want: Pick<Descriptor, "digest" | "size">,
    openSource: (offset: number) => AsyncIterable<Uint8Array>,
    { signal, onFile }: IngestOptions = {},
  ): Promise<StagedBlob> {
    signal?.throwIfAborted();
    if (await this.#isWhole(want, { signal })) return this.#presentBlob(want);
    const isPrivate = this.#taken.has(want.digest);
    const path = isPrivate ? join(this.#root, "ingest", randomUUID()) : ingestPath(this.#root, want.digest);
    const onEnd = (): void => void (isPrivate || this.#taken.delete(want.digest));
    if (!isPrivate) this.#taken.add(want.digest);
    try {
      const ingest = { path, want, durability: this.#opened.durability };
      const file = await receive(ingest, openSource, { signal, onFile });
      return new StagedFile({ ...ingest, file, isPrivate, onEnd });
    } catch (error) {
      if (isPrivate) await removeIngestFile(path);
      onEnd();
      throw asStorageError(error, `store blob ${want.digest}`);
    }
  }

  async commit(blobs: readonly StagedBlob[], { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const staged = blobs.filter((blob) => blob instanceof StagedFile);
    const [first = blobs[0]] = staged;
    try {
      if (this.#opened.durability === "full") await Promise.all(staged.map((blob) => blob.flush()));
      step("blobs-flushed");
      for (const blob of staged) await this.#name(blob);
      // Also of what was here: another commit may have named it, and be about to flush.
      const named = new Set(blobs.map(({ digest }) => algorithmOf(digest)));
      await Promise.all([...named].map((algorithm) => this.#opened.flushers[algorithm].flush()));
      step("blobs-durable");
    } catch (error) {
      throw asStorageError(error, `store blob ${first?.digest}`);
    }
  }

  async *listIngests({ signal }: AbortOptions = {}): AsyncGenerator<IngestInfo, void, undefined> {
    for (const name of await readdir(join(this.#root, "ingest"))) {
      signal?.throwIfAborted();
      const digest = digestOfIngest(name);
      const found = digest === undefined ? undefined : await statIfThere(join(this.#root, "ingest", name));
      if (digest === undefined || found === undefined) continue;
      yield { digest, arrived: found.size, bytes: found.blocks * 512, updatedAt: found.mtimeMs };
    }
  }

  async removeIngest(digest: Digest, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#taken.has(digest)) return;
    this.#taken.add(digest); // whoever ingests it meanwhile writes elsewhere
    try {
      await removeIngestFile(ingestPath(this.#root, digest));
      step("ingest-removed");
    } catch (error) {
      throw asStorageError(error, `drop what arrived of blob ${digest}`);
    } finally {
      this.#taken.delete(digest);
    }
  }

  async remove(digest: Digest, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#verified.delete(digest);
    try {
      await rm(this.#path(digest), { force: true });
      step("blob-removed");
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

  [Symbol.dispose](): void {
    this.#opened.open[Symbol.dispose]();
  }

  /** Whether the blob is here and right: its bytes are looked at once in the life of a process. */
  async #isWhole({ digest, size }: Pick<Descriptor, "digest" | "size">, options: AbortOptions): Promise<boolean> {
    if ((await this.find(digest, options))?.size !== size) return false;
    return this.#verified.has(digest) || (await this.verify(digest, options));
  }

  #presentBlob({ digest, size }: Pick<Descriptor, "digest" | "size">): StagedBlob {
    return {
      digest,
      size,
      open: async () => wholeFile(await this.#open(digest), size),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  /** The name goes to the file, unless right bytes have it; wrong ones make way. */
  async #name(blob: StagedFile): Promise<void> {
    const path = this.#path(blob.digest);
    if (this.#verified.has(blob.digest) && (await statIfThere(path)) !== undefined) return await blob.drop();
    await blob.name(path);
    this.#verified.add(blob.digest);
    step("blob-named");
  }

  #path(digest: Digest): string {
    return blobPath(this.#root, digest);
  }

  async #open(digest: Digest): Promise<FileHandle> {
    try {
      return await open(this.#path(digest));
    } catch (cause) {
      if (!isErrno(cause, "ENOENT")) throw asStorageError(cause, `read blob ${digest}`);
      throw new StowageError("not-found", `Cannot read blob ${digest}: it is not here`, { cause });
    }
  }
}

/** Where a blob is below the root of a content store. */
export function blobPath(root: string, digest: Digest): string {
  return join(root, "blobs", algorithmOf(digest), encodedOf(digest));
}

function ingestPath(root: string, digest: Digest): string {
  return join(root, "ingest", `${algorithmOf(digest)}-${encodedOf(digest)}`);
}

function digestOfIngest(name: string): Digest | undefined {
  const digest = name.replace("-", ":");
  return isDigest(digest) ? digest : undefined;
}

/** What is at a path below the root of a content store; `undefined` where nothing of it should be there. */
export function contentAt(path: string): { readonly blob: Digest } | "arriving" | "layout" | undefined {
  if (layoutPaths.has(path)) return "layout";
  const [kind, name, encoded, ...more] = path.split("/");
  if (name === undefined || more.length > 0) return undefined;
  if (kind === "ingest") return encoded === undefined ? "arriving" : undefined;
  const digest = `${name}:${encoded}`;
  return kind === "blobs" && isDigest(digest) ? { blob: digest } : undefined;
}

const layoutPaths: ReadonlySet<string> = new Set(["", "ingest", "blobs", ...algorithms.map((each) => `blobs/${each}`)]);

/** Everything in `ingest` that nobody can go on with. */
async function dropLeftovers(ingest: string): Promise<void> {
  const entries = await readdir(ingest, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && digestOfIngest(entry.name) !== undefined);
  const kept = new Set(files.map(({ name }) => name));
  for (const { name } of entries) {
    if (!kept.has(noteOf(name) ?? name)) await rm(join(ingest, name), { recursive: true, force: true });
  }
}

/** Makes the names in a directory durable. */
async function flushNames(directory: string, durability: Durability): Promise<void> {
  using flusher = openFlusher(directory, { scope: "names", durability });
  await flusher.flush();
}
