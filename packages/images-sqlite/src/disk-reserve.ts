import { rmSync, writeFileSync } from "node:fs";

/** Some transactions' worth: enough to forget images until their disk is given back. */
const reserveBytes = 512 * 1024;

/** A file that only takes room, so that there is some when a full disk is to be made less full. */
export class DiskReserve {
  readonly #path: string;
  #isFull = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the room, where there is any. */
  fill(): void {
    if (this.#isFull) return;
    try {
      writeFileSync(this.#path, new Uint8Array(reserveBytes), { mode: 0o600 });
      this.#isFull = true;
    } catch {
      rmSync(this.#path, { force: true }); // later, when there is room
    }
  }

  /** Does `work`; where it fails as `isFull` tells, gives the room up and does it once more. */
  orGiveUp<Result>(work: () => Result, isFull: (error: unknown) => boolean): Result {
    try {
      return work();
    } catch (error) {
      if (!isFull(error) || !this.#isFull) throw error;
      this.#isFull = false;
      rmSync(this.#path, { force: true });
      return work();
    }
  }
}
