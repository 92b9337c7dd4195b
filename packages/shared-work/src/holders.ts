/** Somebody who holds a share in work. */
export interface Holder<Progress> {
  readonly onProgress: ((progress: Progress) => void) | undefined;
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
    if (this.#last !== undefined) holder.onProgress?.(this.#last.progress);
  }

  delete(holder: Holder<Progress>): void {
    this.#holders.delete(holder);
  }

  tell(progress: Progress): void {
    this.#last = { progress };
    for (const { onProgress } of this.#holders) onProgress?.(progress);
  }
}
