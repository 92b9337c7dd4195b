import { openNodeKeychain, openNodeNames, type RegistryTools } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import { pullFirst } from "@stowage/image-service";
import type { Image } from "@stowage/images";
import { formatPlatform, type Platform, parsePlatform } from "@stowage/oci";
import {
  completeSourceName,
  formatReference,
  type NameCandidates,
  type Reference,
  type SourceName,
} from "@stowage/reference";
import { imageJson } from "../output/describe-image.ts";
import type { Progress } from "../progress/progress.ts";
import { pullReporter } from "../progress/pull-progress.ts";
import { callOptions } from "../store/call-options.ts";
import { getReference } from "../store/get-reference.ts";
import { listPlatforms } from "../store/list-platforms.ts";
import type { OpenImages } from "../store/open-images.ts";
import { openTools } from "../store/open-tools.ts";
import type { RegistryOptions } from "../store/registry-options.ts";
import type { Call } from "../verbs/call.ts";
import { loadAll } from "./load-images.ts";

export interface PullOptions extends RegistryOptions {
  readonly platform?: string;
  readonly allPlatforms?: boolean;
  readonly quiet?: boolean;
}

/** Pulls images, all at once, and prints those that came. */
export async function pullImages(call: Call<PullOptions>, texts: readonly string[]): Promise<void> {
  const { options } = call;
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
  if (platform !== undefined && options.allPlatforms === true)
    throw new StowageError("invalid-argument", "Cannot pull: --platform and --all-platforms exclude each other");
  await using open = await call.open({ authFile: options.authfile });
  const { defaultTransport } = open.settings.registry;
  const wanted = await listWanted(
    call,
    texts.map((text) => completeSourceName(text, defaultTransport)),
    platform,
  );
  const images = await pullAll(call, open, wanted);
  call.print({ list: images.map(imageJson), screen: () => images.map(({ id }) => id) });
}

/** One thing to bring: from an archive, or what a name stands for. */
interface Wanted {
  readonly source: SourceName;
  /** Found out already. */
  readonly reference?: Reference | undefined;
  /** This machine's, where it is left out. */
  readonly platform: Platform | undefined;
}

async function listWanted(
  call: Call<PullOptions>,
  sources: readonly SourceName[],
  platform: Platform | undefined,
): Promise<readonly Wanted[]> {
  if (call.options.allPlatforms !== true) return sources.map((source) => ({ source, platform }));
  await using tools = await openTools(call.options);
  return (await call.eachAtOnce(sources, (source) => listOfAll(call, tools, source))).flat();
}

async function listOfAll(
  call: Call<PullOptions>,
  tools: RegistryTools,
  source: SourceName,
): Promise<readonly Wanted[]> {
  if (source.kind === "archive")
    throw new StowageError("invalid-argument", "Cannot pull: --all-platforms is for registries");
  const reference = await getReference(tools.names, source.name, call);
  const found = await listPlatforms(tools.registry, reference, callOptions(call));
  return found.map(({ platform, ...one }) => ({ source, platform, ...one }));
}

/** What is shown on the way is gone before the answer is printed. */
async function pullAll(
  call: Call<PullOptions>,
  open: OpenImages,
  wanted: readonly Wanted[],
): Promise<readonly Image[]> {
  using progress = await call.progress({ quiet: call.options.quiet });
  const images = await call.eachAtOnce(wanted, (each) => pullOne({ call, open, progress }, each));
  return images.flat();
}

interface Pulling {
  readonly call: Call<PullOptions>;
  readonly open: OpenImages;
  readonly progress: Progress;
}

async function pullOne(pulling: Pulling, { source, reference, platform }: Wanted): Promise<readonly Image[]> {
  const { call, open, progress } = pulling;
  if (source.kind === "archive") return await loadAll(call, progress, { open, source, platform, force: true });
  const { signal } = call;
  const names = openNodeNames(open.settings.registry);
  const candidates: NameCandidates =
    reference === undefined ? await names.candidates(source.name, { signal }) : { references: [reference] };
  const pull = (each: Reference): Promise<Image> => pullReference(pulling, each, platform);
  return [await pullFirst(candidates, pull, { name: source.name, signal })];
}

async function pullReference(
  { call, open, progress }: Pulling,
  reference: Reference,
  platform: Platform | undefined,
): Promise<Image> {
  const what = `${formatReference(reference)}${forPlatform(call, platform)}`;
  using work = progress.start({ doing: "Pulling", did: "Pulled", what, item: "layer" });
  const { credential = await findCredential(open, reference), ...options } = callOptions(call);
  const image = await open.images.pull(reference, { ...options, credential, platform, onProgress: pullReporter(work) });
  work.end();
  return image;
}

/** That of the user who runs this, also where a daemon does the pull. */
async function findCredential({ settings }: OpenImages, reference: Reference) {
  return await openNodeKeychain(settings.registry.authFile).find(reference);
}

function forPlatform({ options }: Call<PullOptions>, platform: Platform | undefined): string {
  return options.allPlatforms === true && platform !== undefined ? ` for ${formatPlatform(platform)}` : "";
}
