/**
 * What must not be collected because a pull counts on it: blobs by digest, layers by chain. A lease is taken before
 * the disk is asked what is there, so that "it is there" stays true until the image is published.
 */
export class Leases {
  readonly #held = new Map<string, number>();
  readonly #going = new Map<string, Promise<void>>();
  /** Of leases that ended during a collection. */
  readonly #lingering: (readonly string[])[] = [];
  #collections = 0;

  /** Holds `keys` until the lease is disposed of. Waits for removals of them that have begun. */
  async take(keys: readonly string[]): Promise<Disposable> {
    for (const key of keys) this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    for (const key of keys) await this.#going.get(key)?.catch(() => undefined);
    return { [Symbol.dispose]: () => this.#end(keys) };
  }

  /**
   * Runs a collection. It asks once what the images want; a lease that ends later may stand for an image that was
   * published after that, so what it held stays held until the collection is over.
   */
  async collect(work: () => Promise<void>): Promise<void> {
    this.#collections += 1;
    try {
      await work();
    } finally {
      this.#collections -= 1;
      if (this.#collections === 0) for (const keys of this.#lingering.splice(0)) this.#release(keys);
    }
  }

  /** Runs `remove` for what nobody holds, after removals of it that have begun; otherwise does nothing. */
  async unlessHeld(key: string, remove: () => Promise<void>): Promise<void> {
    for (let other = this.#going.get(key); other !== undefined; other = this.#going.get(key)) {
      await other.catch(() => undefined);
    }
    if (this.#held.has(key)) return;
    const going = remove().finally(() => this.#going.delete(key));
    this.#going.set(key, going);
    await going;
  }

  #end(keys: readonly string[]): void {
    if (this.#collections > 0) this.#lingering.push(keys);
    else this.#release(keys);
  }

  #release(keys: readonly string[]): void {
    for (const key of keys) {
      const left = (this.#held.get(key) ?? 0) - 1;
      if (left > 0) this.#held.set(key, left);
      else this.#held.delete(key);
    }
  }
}
