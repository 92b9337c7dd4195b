import { RateWindow } from "./rate-window.ts";
import type { WorkItem, WorkWords } from "./work-item.ts";

/** An item as it is shown. */
export interface ItemView extends WorkItem {
  /** Bytes a second, where it is moving and that is known. */
  readonly rate: number | undefined;
}

/** A piece of work as it is shown. */
export interface WorkView extends WorkWords {
  /** What goes on beside the items, like `committing`. */
  readonly note: string | undefined;
  readonly items: readonly ItemView[];
  /** Bytes that have come, and that there are to come, of all items that were not here. */
  readonly moved: number;
  readonly toMove: number;
  readonly rate: number | undefined;
  /** Since it began. */
  readonly milliseconds: number;
}

/** A piece of work that goes on: what was last told of its items, and how fast they come. */
export class Work {
  readonly words: WorkWords;
  readonly #begun: number;
  readonly #items = new Map<string, Tracked>();
  readonly #rates = new RateWindow();
  #note: string | undefined;

  constructor(words: WorkWords, now: number) {
    this.words = words;
    this.#begun = now;
    this.#rates.add(now, 0);
  }

  report(item: WorkItem, now: number): void {
    const known = this.#items.get(item.id);
    const rates = known?.rates ?? new RateWindow();
    const moved = item.kind === "moving" ? item.bytes : known?.item.kind === "moving" ? item.size : (known?.moved ?? 0);
    this.#items.set(item.id, { item, moved, rates });
    if (moved === known?.moved) return;
    rates.add(now, moved);
    this.#rates.add(now, this.#moved());
  }

  say(note: string): void {
    this.#note = note;
  }

  view(now: number): WorkView {
    const tracked = [...this.#items.values()];
    return {
      ...this.words,
      note: this.#note,
      items: tracked.map(({ item, rates }) => ({
        ...item,
        rate: item.kind === "moving" ? rates.rate(now) : undefined,
      })),
      moved: this.#moved(),
      toMove: tracked.reduce((sum, each) => sum + sizeToMove(each), 0),
      rate: this.#rates.rate(now),
      milliseconds: now - this.#begun,
    };
  }

  #moved(): number {
    return [...this.#items.values()].reduce((sum, { moved }) => sum + moved, 0);
  }
}

interface Tracked {
  readonly item: WorkItem;
  /** Bytes of it that have come. */
  readonly moved: number;
  readonly rates: RateWindow;
}

/** What was here already was never waited for. */
function sizeToMove({ item, moved }: Tracked): number {
  return item.kind === "done" && moved === 0 ? 0 : item.size;
}
