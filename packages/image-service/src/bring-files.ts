import type { StagedBlob } from "@stowage/content";
import { blobResource } from "@stowage/images";
import { ContentMismatchError } from "@stowage/oci";
import type { SharedWork } from "@stowage/shared-work";
import type { BringLayersOptions } from "./bring-layers.ts";
import { type FetchDependencies, fetchBlob, shareKey, type WantedBlob } from "./fetch-blob.ts";
import { joined } from "./joined.ts";
import { type Limiter, takeTurn } from "./limiter.ts";
import { layerReporter, type PullEvent } from "./pull-event.ts";

export interface FileDependencies extends FetchDependencies {
  readonly limiter: Limiter;
  /** Of all pulls, so that who waits for a file that somebody brings takes no turn. */
  readonly files: SharedWork<BroughtFile, PullEvent>;
}

export interface BroughtFile extends AsyncDisposable {
  readonly blob: StagedBlob;
}

type BringFilesOptions = Pick<
  BringLayersOptions,
  "pull" | "shares" | "damaged" | "signal" | "credential" | "keychain" | "plainHttp" | "onProgress"
>;

/** Brings the files of an artifact here that are not, as they come, several at once. They are staged until `shares` is disposed of. */
export async function bringFiles(
  dependencies: FileDependencies,
  files: readonly WantedBlob[],
  options: BringFilesOptions,
): Promise<readonly StagedBlob[]> {
  const bring = (file: WantedBlob, signal: AbortSignal) => bringFile(dependencies, file, { ...options, signal });
  return (await joined(files, bring, options.signal)).filter((blob) => blob !== undefined);
}

/** The file, waiting for its name; `undefined` where it has one already, and all is well with it. */
async function bringFile(
  dependencies: FileDependencies,
  file: WantedBlob,
  options: BringFilesOptions & { readonly signal: AbortSignal },
): Promise<StagedBlob | undefined> {
  const { digest, size } = file.blob;
  const report = layerReporter(file.blob, options);
  const isHere = (await dependencies.content.find(digest, options))?.size === size;
  if (isHere && !options.damaged.has(blobResource(digest))) {
    report("present", size);
    return undefined;
  }
  report("waiting", 0);
  const fetch = (signal: AbortSignal, onProgress: (event: PullEvent) => void) =>
    fetchInTurn(dependencies, file, { ...options, signal, onProgress });
  const { blob } = await dependencies.files.join(shareKey(file, digest), fetch, options);
  if (blob.size !== size) throw new ContentMismatchError(file.blob, `${blob.size} bytes`);
  report("done", size);
  return blob;
}

async function fetchInTurn(
  dependencies: FileDependencies,
  file: WantedBlob,
  options: BringFilesOptions & { readonly signal: AbortSignal },
): Promise<BroughtFile> {
  using _turn = await takeTurn(dependencies.limiter, file, options);
  await using shares = new AsyncDisposableStack();
  const blob = await fetchBlob(dependencies, file, { ...options, shares });
  const held = shares.move();
  return { blob, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
