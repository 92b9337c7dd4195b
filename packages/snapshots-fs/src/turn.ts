import { asStorageError } from "@stowage/errors";

/** Work that is done one after the other, in the order in which it was asked for. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Does `work` when all before it has ended, well or not. Of failures of the disk it says that it cannot `action`. */
  take<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work).catch((error: unknown) => {
      throw asStorageError(error, action);
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Waits until nothing is under way. */
  async ended(): Promise<void> {
    await this.#last;
  }
}
