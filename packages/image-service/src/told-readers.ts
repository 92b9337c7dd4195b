import { StowageError } from "@stowage/errors";
import { type Image, type ImageIndex, type ImageReaders, layersOf, type Resource } from "@stowage/images";
import type { Holdings } from "./holdings.ts";
import { isReady } from "./ready.ts";

export interface ToldReadersOptions {
  readonly images: Pick<ImageIndex, "list">;
  readonly holdings: Holdings;
  readonly readers: ImageReaders;
  /** Told of what keeps them from being told. */
  readonly onFailure: (error: unknown) => void;
}

/** For those who read the images beside us; `undefined` where there are none. */
export function toldReaders({
  readers,
  ...options
}: Omit<ToldReadersOptions, "readers"> & { readonly readers?: ImageReaders | undefined }): ToldReaders | undefined {
  return readers === undefined ? undefined : new ToldReaders({ ...options, readers });
}

/** Keeps other programs told of what is here, and holds the layers that they are told of: none goes before they know. */
export class ToldReaders {
  readonly #options: ToldReadersOptions;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #told: readonly Resource[] = [];
  #hasTold = false;

  constructor(options: ToldReadersOptions) {
    this.#options = options;
  }

  /**
   * Tells them how it is now; who asks while that is under way shares the next time. A failure is nobody's who changes something:
   * it is told aside, and what they know of stays held until they could be told.
   */
  tell(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      this.#running = this.#tell();
      return this.#running;
    });
    return this.#next;
  }

  /** The same for the first time. Fails where they may know of what is not here any more and could not be told: nothing may go then. */
  async tellFirst(): Promise<void> {
    await this.tell();
    if (this.#hasTold || !(await this.#options.readers.hasTold())) return;
    throw new StowageError("failed-precondition", "Cannot let go of layers: other programs could not be told before");
  }

  async #tell(): Promise<void> {
    const { images, readers, onFailure } = this.#options;
    try {
      const ready = (await images.list()).filter(isReady);
      const layers = layersIn(ready);
      this.#hold([...new Set([...this.#told, ...layers])]);
      await readers.show(ready);
      this.#hold(layers);
      this.#hasTold = true;
    } catch (error) {
      onFailure(error);
    }
  }

  #hold(layers: readonly Resource[]): void {
    this.#options.holdings.hold(readersHolder, layers);
    this.#told = layers;
  }
}

/** Who holds what other programs are told of. */
export const readersHolder = "other programs, which could not be told";

function layersIn(images: readonly Image[]): readonly Resource[] {
  return [...new Set(images.flatMap(layersOf))];
}
