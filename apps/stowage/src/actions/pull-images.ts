import { openNodeKeychain } from "@stowage/core";
import { StowageError } from "@stowage/errors";
import type { Image } from "@stowage/images";
import { formatPlatform, type Platform, parsePlatform } from "@stowage/oci";
import { formatReference, parseReference } from "@stowage/reference";
import { imageJson } from "../output/describe-image.ts";
import type { Progress } from "../progress/progress.ts";
import { pullReporter } from "../progress/pull-progress.ts";
import { callOptions } from "../store/call-options.ts";
import { listPlatforms, type WantedImage } from "../store/list-platforms.ts";
import type { OpenImages } from "../store/open-images.ts";
import { openTools } from "../store/open-tools.ts";
import type { RegistryOptions } from "../store/registry-options.ts";
import type { Call } from "../verbs/call.ts";

export interface PullOptions extends RegistryOptions {
  readonly platform?: string;
  readonly allPlatforms?: boolean;
  readonly quiet?: boolean;
}

/** Pulls images, all at once, and prints those that came. */
export async function pullImages(call: Call<PullOptions>, texts: readonly string[]): Promise<void> {
  const wanted = await listWanted(call, texts);
  await using open = await call.open({ authFile: call.options.authfile });
  const images = await pullAll(call, open, wanted);
  call.print({ list: images.map(imageJson), screen: () => images.map(({ id }) => id) });
}

async function listWanted(call: Call<PullOptions>, texts: readonly string[]): Promise<readonly WantedImage[]> {
  const { options } = call;
  const references = texts.map(parseReference);
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
  if (options.allPlatforms !== true) return references.map((reference) => ({ reference, platform }));
  if (platform !== undefined)
    throw new StowageError("invalid-argument", "Cannot pull: --platform and --all-platforms exclude each other");
  await using tools = await openTools(options);
  const asked = callOptions(call);
  return (await call.eachAtOnce(references, (reference) => listPlatforms(tools.registry, reference, asked))).flat();
}

/** What is shown on the way is gone before the answer is printed. */
async function pullAll(
  call: Call<PullOptions>,
  open: OpenImages,
  wanted: readonly WantedImage[],
): Promise<readonly Image[]> {
  using progress = await call.progress({ quiet: call.options.quiet });
  return await call.eachAtOnce(wanted, (each) => pullOne({ call, open, progress }, each));
}

interface Pulling {
  readonly call: Call<PullOptions>;
  readonly open: OpenImages;
  readonly progress: Progress;
}

async function pullOne({ call, open, progress }: Pulling, { reference, platform }: WantedImage): Promise<Image> {
  const what = `${formatReference(reference)}${forPlatform(call, platform)}`;
  using work = progress.start({ doing: "Pulling", did: "Pulled", what, item: "layer" });
  const { credential = await findCredential(open, reference), ...options } = callOptions(call);
  const image = await open.images.pull(reference, { ...options, credential, platform, onProgress: pullReporter(work) });
  work.end();
  return image;
}

/** That of the user who runs this, also where a daemon does the pull. */
async function findCredential({ settings }: OpenImages, reference: WantedImage["reference"]) {
  return await openNodeKeychain(settings.registry.authFile).find(reference);
}

function forPlatform({ options }: Call<PullOptions>, platform: Platform | undefined): string {
  return options.allPlatforms === true && platform !== undefined ? ` for ${formatPlatform(platform)}` : "";
}
