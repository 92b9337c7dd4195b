import type { OfJob } from "./thread-messages.ts";

/** What arrives for one job: messages in order, but a stop before all others. Once closed, it takes nothing in. */
export class JobInbox {
  #waiting: OfJob[] = [];
  #arrival: PromiseWithResolvers<void> = Promise.withResolvers();
  #isOpen = true;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  add(message: OfJob): void {
    if (!this.#isOpen) return;
    if (message.kind === "stop") this.#waiting.unshift(message);
    else this.#waiting.push(message);
    this.#arrival.resolve();
  }

  async next(): Promise<OfJob> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) return message;
      this.#arrival = Promise.withResolvers();
      await this.#arrival.promise;
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#waiting = [];
  }
}
