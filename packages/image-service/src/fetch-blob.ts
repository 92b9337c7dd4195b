import type { BlobFile, ContentStore, StagedBlob } from "@stowage/content";
import { ContentMismatchError, type Descriptor } from "@stowage/oci";
import type { Keychain, Registry, RegistryEvent, Repository } from "@stowage/registry";
import type { SharedWork } from "@stowage/shared-work";
import { layerReporter, type PullEvent, type PullOptions } from "./pull-event.ts";
import { traced } from "./trace.ts";

/** What blobs are fetched with. The shared work is that of all pulls, so that each blob comes once. */
export interface FetchDependencies {
  readonly registry: Registry;
  readonly content: ContentStore;
  readonly fetches: SharedWork<StagedBlob, PullEvent>;
  /** Whether layers may be fetched from where their descriptors say, too. */
  readonly foreignUrls: boolean;
}

export interface FetchOptions extends PullOptions {
  /** Asked for credentials in place of the machine's. */
  readonly keychain?: Keychain | undefined;
  readonly signal: AbortSignal;
  /** Holds what is staged. */
  readonly shares: AsyncDisposableStack;
  /** Given the file that the blob arrives in, each time it begins, if it is this caller for whom it is fetched. */
  readonly onFile?: ((file: BlobFile) => void) | undefined;
}

export interface WantedBlob {
  readonly blob: Descriptor;
  readonly repository: Repository;
}

/** Brings a blob into the content store, once for all who want it. */
export function fetchBlob(
  dependencies: FetchDependencies,
  wanted: WantedBlob,
  options: FetchOptions,
): Promise<StagedBlob> {
  const { blob, repository } = wanted;
  const fetch = (signal: AbortSignal, onProgress: (event: PullEvent) => void) => {
    const trace = { digest: blob.digest, registry: repository.domain, bytes: 0 };
    const count = (bytes: number): void => void (trace.bytes += bytes);
    const work = () => fetchFromHosts(dependencies, wanted, { ...options, signal, onProgress, count });
    return traced("stowage.layer.fetch", trace, work);
  };
  return dependencies.fetches.join(shareKey(wanted, blob.digest), fetch, options);
}

/** Work is shared among callers of one registry: another one's troubles are its own. */
export function shareKey({ repository }: Pick<WantedBlob, "repository">, what: string): string {
  return `${repository.domain} ${what}`;
}

/** Where mirrors had a part in bytes that turn out wrong, once more without them. */
async function fetchFromHosts(
  { registry, content, ...settings }: FetchDependencies,
  { blob, repository }: WantedBlob,
  options: FetchOptions & { readonly count: (bytes: number) => void },
): Promise<StagedBlob> {
  const { credential, keychain, plainHttp, signal, onFile, count } = options;
  const report = layerReporter(blob, options);
  report("fetching", 0);
  const mirrors = new Set<string>();
  const foreignUrls = settings.foreignUrls ? blob.urls : [];
  const ingest = (avoid?: ReadonlySet<string>) => {
    const open = (start: number) => {
      let arrived = start;
      const onEvent = ({ kind }: RegistryEvent): void => {
        if (kind === "answered") report("fetching", arrived);
      };
      const how = { credential, keychain, plainHttp, signal, range: { start }, lend: true, onEvent };
      const asked = { ...how, foreignUrls, mirrors, avoid };
      return watched(registry.blob(repository, blob, asked), (bytes) => {
        count(bytes);
        arrived += bytes;
        report("fetching", arrived);
      });
    };
    return content.ingest(blob, open, { signal, onFile });
  };
  try {
    return await ingest();
  } catch (error) {
    if (!(error instanceof ContentMismatchError) || mirrors.size === 0) throw error;
    return await ingest(new Set(mirrors));
  }
}

async function* watched(
  source: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    yield chunk;
    onBytes(chunk.byteLength);
  }
}
