import { directoriesOf, type Effect, type EffectCutter } from "./effect.ts";
import { type Inode, isDataCall, type SyncAllCall, type SyncCall } from "./file-call.ts";

/** Effects that a power cut may take, and what makes them durable. Oldest first. */
export interface PendingEffects {
  readonly list: readonly Effect[];
  add(effect: Effect): void;
  sync(call: SyncCall | SyncAllCall): void;
  /** Whether it may be missing while later effects are there. */
  isData(effect: Effect): boolean;
  /** Whether its data may be there while older names are missing. */
  isFree(effect: Effect): boolean;
}

/** `posix`: a sync is for the file or the directory that it names, `syncfs` for all. */
export class PosixPending implements PendingEffects {
  readonly #cutter: EffectCutter;
  #list: readonly Effect[] = [];

  constructor(cutter: EffectCutter) {
    this.#cutter = cutter;
  }

  get list(): readonly Effect[] {
    return this.#list;
  }

  add(effect: Effect): void {
    this.#list = [...this.#list, effect];
  }

  isData({ of }: Effect): boolean {
    return isDataCall(of);
  }

  isFree(): boolean {
    return true;
  }

  sync(call: SyncCall | SyncAllCall): void {
    const settled = new Set(this.#list.filter((effect) => effect.call < call.covers && settles(call, effect)));
    for (const effect of this.#list.toReversed()) if (settled.has(effect)) this.#settleMoves(effect, settled);
    this.#list = this.#list.filter((effect) => !settled.has(effect));
  }

  /** A directory that is durable where it is now is not also where it was. */
  #settleMoves({ of, call }: Effect, settled: Set<Effect>): void {
    if (of.kind !== "rename" || !this.#cutter.isDirectory(of.inode)) return;
    for (const earlier of this.#list) {
      if (earlier.call < call && earlier.of.inode === of.inode && directoriesOf(earlier).length > 0)
        settled.add(earlier);
    }
  }
}

function settles(sync: SyncCall | SyncAllCall, effect: Effect): boolean {
  if (sync.kind === "sync-all" || directoriesOf(effect).includes(sync.inode)) return true;
  if (effect.of.inode !== sync.inode) return false;
  return isDataCall(effect.of) || (effect.of.kind === "attributes" && sync.what === "all");
}

/** `ext4`: a sync commits the journal as far as the file's own last change, or wholly where its data must be allocated. */
export class Ext4Pending implements PendingEffects {
  #list: readonly Effect[] = [];
  /** How much of a file is durable, and so written in place. */
  readonly #durableSizes: Map<Inode, number>;

  constructor(sizes: ReadonlyMap<Inode, number>) {
    this.#durableSizes = new Map(sizes);
  }

  get list(): readonly Effect[] {
    return this.#list;
  }

  add(effect: Effect): void {
    this.#list = [...this.#list, effect];
  }

  isData({ of }: Effect): boolean {
    return of.kind === "write";
  }

  isFree({ of, call }: Effect): boolean {
    if (of.kind !== "write") return false;
    const shrunk = this.#list.some((other) => other.call < call && isTruncate(other, of.inode));
    return !shrunk && of.offset + of.bytes.byteLength <= (this.#durableSizes.get(of.inode) ?? 0);
  }

  sync(call: SyncCall | SyncAllCall): void {
    const journaled = this.#journaledUpTo(call);
    const settles = ({ of, ...effect }: Effect) =>
      effect.call < call.covers &&
      (call.kind === "sync-all" || of.kind !== "write" ? effect.call < journaled : of.inode === call.inode);
    for (const effect of this.#list.filter(settles)) this.#measure(effect);
    this.#list = this.#list.filter((effect) => !settles(effect));
  }

  #journaledUpTo(sync: SyncCall | SyncAllCall): number {
    if (sync.kind === "sync-all") return sync.covers;
    const own = this.#list.filter((effect) => effect.call < sync.covers && changes(effect, sync.inode));
    if (own.some((effect) => this.isData(effect) && !this.isFree(effect))) return sync.covers;
    const changed = own.filter(({ of }) => sync.what === "all" || (of.kind !== "write" && of.kind !== "attributes"));
    return (changed.at(-1)?.call ?? -1) + 1;
  }

  #measure({ of }: Effect): void {
    const size = this.#durableSizes.get(of.inode) ?? 0;
    if (of.kind === "truncate") this.#durableSizes.set(of.inode, Math.min(size, of.size));
    if (of.kind === "write") this.#durableSizes.set(of.inode, Math.max(size, of.offset + of.bytes.byteLength));
  }
}

function isTruncate({ of }: Effect, inode: Inode): boolean {
  return of.kind === "truncate" && of.inode === inode;
}

function changes(effect: Effect, inode: Inode): boolean {
  return effect.of.inode === inode || directoriesOf(effect).includes(inode);
}
