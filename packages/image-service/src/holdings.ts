import type { Resource } from "@stowage/images";

/**
 * Who holds what: images what they stand on, leases what they were taken for, pulls what they count on. What nobody holds may
 * be collected. A pull takes hold before it asks the disk what is there, so that "it is there" stays true until its image is
 * published and holds it.
 */
export class Holdings {
  readonly #resources = new Map<string, readonly Resource[]>();
  readonly #counts = new Map<Resource, number>();
  readonly #going = new Map<Resource, Promise<void>>();

  /** `holder` holds these from now on, in place of what it held. */
  hold(holder: string, resources: readonly Resource[]): void {
    for (const resource of resources) this.#counts.set(resource, (this.#counts.get(resource) ?? 0) + 1);
    this.end(holder);
    this.#resources.set(holder, resources);
  }

  /** The same, and waits for removals of them that have begun: whoever asks the disk then hears what will stay true. */
  async take(holder: string, resources: readonly Resource[]): Promise<void> {
    this.hold(holder, resources);
    for (const resource of resources) await this.#going.get(resource)?.catch(() => undefined);
  }

  /** `holder` holds nothing any more. Returns what nobody does now. */
  end(holder: string): readonly Resource[] {
    const resources = this.#resources.get(holder) ?? [];
    this.#resources.delete(holder);
    return resources.filter((resource) => this.#release(resource));
  }

  isHeld(resource: Resource): boolean {
    return this.#counts.has(resource);
  }

  /** Everybody who holds something, and what. */
  list(): readonly (readonly [holder: string, resources: readonly Resource[]])[] {
    return [...this.#resources];
  }

  holdersOf(resource: Resource): readonly string[] {
    if (!this.isHeld(resource)) return [];
    return this.list().flatMap(([holder, held]) => (held.includes(resource) ? [holder] : []));
  }

  /** Whether a pull that is under way counts on it. */
  isOnItsWay(resource: Resource): boolean {
    return [...this.#resources].some(([holder, held]) => holder.startsWith(pullPrefix) && held.includes(resource));
  }

  /** Runs `remove` for what nobody holds, after removals of it that have begun; otherwise does nothing. Returns whether it ran. */
  async unlessHeld(resource: Resource, remove: () => Promise<void>): Promise<boolean> {
    for (let other = this.#going.get(resource); other !== undefined; other = this.#going.get(resource)) {
      await other.catch(() => undefined);
    }
    if (this.isHeld(resource)) return false;
    const going = remove().finally(() => this.#going.delete(resource));
    this.#going.set(resource, going);
    await going;
    return true;
  }

  /** Whether that was the last hold on it. */
  #release(resource: Resource): boolean {
    const left = (this.#counts.get(resource) ?? 0) - 1;
    if (left > 0) this.#counts.set(resource, left);
    else this.#counts.delete(resource);
    return left <= 0;
  }
}

/** What the holders of pulls that are under way begin with. */
export const pullPrefix = "pull ";

/** Somebody beside the images, and what must stay for them. */
export interface Hold {
  readonly holder: string;
  readonly resources: readonly Resource[];
}
