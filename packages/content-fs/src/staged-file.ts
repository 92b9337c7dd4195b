import { type FileHandle, open, rename } from "node:fs/promises";
import type { BlobFile, StagedBlob } from "@stowage/content";
import type { AbortOptions } from "@stowage/errors";
import type { Digest } from "@stowage/oci";
import { type Ingest, removeIngestFile } from "./ingest.ts";
import { removeCheckpoint } from "./ingest-checkpoint.ts";
import { wholeFile } from "./whole-file.ts";

export interface Staging extends Ingest {
  /** Open since before its first byte was written, so that it is told of each one that was lost. */
  readonly file: FileHandle;
  /** Whether nobody could go on with the file. */
  readonly isPrivate: boolean;
  /** Called when the blob is let go of. */
  readonly onEnd: () => void;
}

/** A blob in a file of its own, whole and verified, that has no name yet. */
export class StagedFile implements StagedBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly #staging: Staging;
  #isNamed = false;
  #isOpen = true;

  constructor(staging: Staging) {
    this.digest = staging.want.digest;
    this.size = staging.want.size;
    this.#staging = staging;
  }

  /** By its descriptor, which knows no name: the file may have got another one. */
  async open({ signal }: AbortOptions = {}): Promise<BlobFile> {
    signal?.throwIfAborted();
    return wholeFile(await open(`/proc/self/fd/${this.#staging.file.fd}`), this.size);
  }

  /** Makes the bytes durable. Where that fails they are lost, and so is the file. */
  async flush(): Promise<void> {
    try {
      await this.#staging.file.datasync();
    } catch (error) {
      await this.drop();
      throw error;
    }
  }

  /** Gives the file its name, also over another one. */
  async name(path: string): Promise<void> {
    await rename(this.#staging.path, path);
    this.#isNamed = true;
    await this.#staging.file.chmod(0o400);
    await removeCheckpoint(this.#staging.path, this.size);
  }

  async drop(): Promise<void> {
    if (!this.#isNamed) await removeIngestFile(this.#staging.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.#staging.file.close();
      if (this.#staging.isPrivate) await this.drop();
    } finally {
      this.#staging.onEnd();
    }
  }
}
