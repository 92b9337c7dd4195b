import { type Credential, decodeAuthConfig } from "@stowage/auth";
import { openNodeKeychain } from "@stowage/core";
import type { Image } from "@stowage/images";
import { type Platform, parsePlatform } from "@stowage/oci";
import { formatReference, parseReference, type Reference } from "@stowage/reference";
import { imageJson } from "../output/describe-image.ts";
import type { Progress } from "../progress/progress.ts";
import { pullReporter } from "../progress/pull-progress.ts";
import type { OpenImages } from "../store/open-images.ts";
import type { Call } from "../verbs/call.ts";
import type { PullOptions } from "../verbs/pull-verb.ts";

/** Pulls images, all at once, and prints those that came. */
export async function pullImages(call: Call<PullOptions>, texts: readonly string[]): Promise<void> {
  const { options } = call;
  const references = texts.map(parseReference);
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
  await using open = await call.open({ authFile: options.authfile });
  const images = await pullAll({ call, open, platform }, references);
  call.print({ list: images.map(imageJson), screen: () => images.map(({ id }) => id) });
}

/** What is shown on the way is gone before the answer is printed. */
async function pullAll(
  { call, open, platform }: Omit<Pulling, "progress">,
  references: readonly Reference[],
): Promise<readonly Image[]> {
  using progress = await call.progress({ quiet: call.options.quiet });
  return await call.eachAtOnce(references, (reference) => pullOne({ call, open, progress, platform }, reference));
}

interface Pulling {
  readonly call: Call<PullOptions>;
  readonly open: OpenImages;
  readonly progress: Progress;
  readonly platform: Platform | undefined;
}

async function pullOne({ call, open, progress, platform }: Pulling, reference: Reference): Promise<Image> {
  using work = progress.start({ doing: "Pulling", did: "Pulled", what: formatReference(reference), item: "layer" });
  const image = await open.images.pull(reference, {
    signal: call.signal,
    plainHttp: call.options.plainHttp,
    platform,
    credential: await chooseCredential(open, reference, call.options),
    onProgress: pullReporter(work),
  });
  work.end();
  return image;
}

async function chooseCredential(
  { settings }: OpenImages,
  reference: Reference,
  { creds }: PullOptions,
): Promise<Credential | undefined> {
  if (creds === undefined) return await openNodeKeychain(settings.registry.authFile).find(reference);
  const colon = creds.indexOf(":");
  const [username, password] = colon < 0 ? [creds, ""] : [creds.slice(0, colon), creds.slice(colon + 1)];
  return decodeAuthConfig({ username, password })?.credential;
}
