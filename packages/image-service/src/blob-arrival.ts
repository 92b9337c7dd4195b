import type { BlobFile, StagedBlob } from "@stowage/content";

/** The file that a blob arrives in, from when there is one until somebody takes it. */
export class BlobArrival implements AsyncDisposable {
  readonly #begun: PromiseWithResolvers<void> = Promise.withResolvers();
  #untaken: BlobFile | undefined;
  #beginnings = 0;
  #isOpen = true;

  /** How often it began to arrive. Only the first file is of use: it is late for any other. */
  get beginnings(): number {
    return this.#beginnings;
  }

  begin(file: BlobFile): void {
    this.#beginnings += 1;
    if (this.#beginnings > 1 || !this.#isOpen) return void file[Symbol.asyncDispose]();
    this.#untaken = file;
    this.#begun.resolve();
  }

  /** The file, as soon as there is one: that in which it arrives, or the whole of it where somebody else brings it here. */
  async open(whole: Promise<StagedBlob>): Promise<BlobFile> {
    await Promise.race([this.#begun.promise, whole]);
    const file = this.#untaken;
    this.#untaken = undefined;
    return file ?? (await (await whole).open());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await this.#untaken?.[Symbol.asyncDispose]();
    this.#untaken = undefined;
  }
}
