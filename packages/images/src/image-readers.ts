import type { Image } from "./image.ts";

/** Other programs that read images and their layers where they are. They have records of their own of what is here. */
export interface ImageReaders {
  /**
   * Shows them these READY images from now on, and no others. What is new appears after everything that it stands on; where this has
   * returned, nobody is led to what has gone any more. Fails where the records cannot be written: then those before may stand.
   */
  show(images: readonly Image[]): Promise<void>;

  /** Whether they know of any layer, be it from an earlier process. */
  hasTold(): Promise<boolean>;
}
