import type { AbortOptions } from "@stowage/errors";
import type { CreateWritableOptions, Mount, UnpackedLayer, Usage } from "@stowage/snapshots";
import type { Layout } from "./layout.ts";
import type { Taken } from "./settle.ts";

/** How layers are kept on the disk, and shown. The rest of a layer's life is the same for all. */
export interface LayerDriver {
  readonly layout: Layout;
  /** Directories, other than that of the layers, in which names must be durable for a layer to stand. */
  readonly linkDirectories: readonly string[];

  /** Of the layers below one, top first, those whose trees together show all that is below it. */
  needed(lowers: readonly string[]): readonly string[];

  /** Where, in the directory in which a layer is staged, what puts its plain tar together again is kept, if it is. */
  tarSplit(staging: string): string | undefined;

  /** The directory that gets the name of a layer, given that in which it was staged. Its files are in `diff`. */
  finished(staging: string): string;

  /** Makes that directory from a settled tree, and says what it takes. It may be tried again. */
  finish(layer: SettledLayer): Promise<Usage>;

  /** Makes what must stand when a layer has its name, where it is gone. */
  link(id: string): Promise<void>;

  /** Takes away what stood for the name of a removed layer. */
  unlink(id: string): Promise<void>;

  /** What is wrong beside the files of the top layer of a stack, ids bottom first; `undefined` where nothing is. */
  inspectLinks(ids: readonly string[]): Promise<string | undefined>;

  /** The read-only mount of a stack, ids bottom first. Fails with `failed-precondition` where there is no mount of so many. */
  view(ids: readonly string[], show: ShowOptions): Mount;

  /** Whether a layer, moved to `directory` or in its place, is part of a mount that this process can see. */
  isMounted(id: string, directory?: string): boolean;

  /**
   * Makes in an empty directory what is to become a writable snapshot on a stack. What is written is in `diff`. Returns the names
   * in the directory that are to be flushed each, or `undefined` for so many files that the file system is to be.
   */
  makeWritable(
    directory: string,
    ids: readonly string[],
    options: ShowOptions & AbortOptions,
  ): Promise<readonly string[] | undefined>;

  /** The mount that shows the writable snapshot in a directory. */
  showWritable(directory: string, ids: readonly string[], show: ShowWritableOptions): Promise<Mount>;

  isWritableMounted(directory: string): boolean;
}

export type ShowOptions = Pick<CreateWritableOptions, "idMap">;
export type ShowWritableOptions = Pick<CreateWritableOptions, "idMap" | "volatile">;

/** A layer that has what it takes from those below, and no name yet. */
export interface SettledLayer {
  readonly id: string;
  /** Ids of the layers below, top first. */
  readonly lowers: readonly string[];
  /** The directory in which it was staged; its tree is `diff` in there. */
  readonly staging: string;
  readonly layer: UnpackedLayer;
  readonly taken: Taken;
  /** Where the files of a layer below are, named or about to be. */
  treeOf(id: string): string;
  readonly signal?: AbortSignal | undefined;
}
