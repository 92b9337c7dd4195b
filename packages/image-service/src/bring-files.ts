import type { StagedBlob } from "@stowage/content";
import type { BringLayersOptions } from "./bring-layers.ts";
import { type FetchDependencies, fetchBlob, type WantedBlob } from "./fetch-blob.ts";
import { joined } from "./joined.ts";
import { type Limiter, takeTurn } from "./limiter.ts";
import { layerReporter } from "./pull-event.ts";

export interface FileDependencies extends FetchDependencies {
  readonly limiter: Limiter;
}

/** Brings the files of an artifact here, as they come, several at once. They are staged until `shares` is disposed of. */
export async function bringFiles(
  dependencies: FileDependencies,
  files: readonly WantedBlob[],
  options: Pick<BringLayersOptions, "pull" | "shares" | "signal" | "credential" | "plainHttp" | "onProgress">,
): Promise<readonly StagedBlob[]> {
  return await joined(
    files,
    async (file, signal) => {
      const report = layerReporter(file.blob, options);
      report("waiting", 0);
      using _turn = await takeTurn(dependencies.limiter, file, { ...options, signal });
      const staged = await fetchBlob(dependencies, file, { ...options, signal });
      report("done", staged.size);
      return staged;
    },
    options.signal,
  );
}
