import { open } from "node:fs/promises";
import type { BlobFile } from "@stowage/content";

/** Lets others read a file while it is being written, and tells them how far it is in. */
export class Arrival {
  readonly #size: number;
  #arrived = 0;
  #failure: { readonly reason: unknown } | undefined;
  #news: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(size: number) {
    this.#size = size;
  }

  /** The file at `path`, which is the one that arrives. */
  async open(path: string): Promise<BlobFile> {
    const file = await open(path);
    return {
      fd: file.fd,
      size: this.#size,
      arrived: (at) => this.#arrivedAfter(at),
      [Symbol.asyncDispose]: () => file.close(),
    };
  }

  /** Says that this many bytes are in. */
  note(bytes: number): void {
    this.#arrived = bytes;
    this.#tell();
  }

  /** Says that no more will come. */
  fail(reason: unknown): void {
    this.#failure = { reason };
    this.#tell();
  }

  async #arrivedAfter(at: number): Promise<number> {
    while (this.#arrived <= at && this.#arrived < this.#size) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      await this.#news.promise;
    }
    return this.#arrived;
  }

  #tell(): void {
    const news = this.#news;
    this.#news = Promise.withResolvers();
    news.resolve();
  }
}
