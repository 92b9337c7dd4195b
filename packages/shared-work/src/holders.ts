/** Somebody who holds a share in work. What they throw when they are told how far it is, is their own failure and nobody else's. */
export class Holder<Progress> {
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  readonly #failure = Promise.withResolvers<never>();
  #hasFailed = false;

  constructor(onProgress: ((progress: Progress) => void) | undefined) {
    this.#onProgress = onProgress;
    this.#failure.promise.catch(() => undefined); // they may have left
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Never comes, but for their failure. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  tell(progress: Progress): void {
    try {
      this.#onProgress?.(progress);
    } catch (error) {
      this.#hasFailed = true;
      this.#failure.reject(error);
    }
  }
}

/** Who holds the shares of one work, and hears how far it is. */
export class Holders<Progress> {
  readonly #holders = new Set<Holder<Progress>>();
  #last: { readonly progress: Progress } | undefined;

  get size(): number {
    return this.#holders.size;
  }

  /** From now on they are told, and at once the last that was told before. */
  add(holder: Holder<Progress>): void {
    this.#holders.add(holder);
    if (this.#last !== undefined) holder.tell(this.#last.progress);
  }

  delete(holder: Holder<Progress>): void {
    this.#holders.delete(holder);
  }

  tell(progress: Progress): void {
    this.#last = { progress };
    for (const holder of this.#holders) holder.tell(progress);
  }
}
