import type { Credential } from "@stowage/auth";
import type { Image } from "@stowage/images";
import { type Platform, parsePlatform } from "@stowage/oci";
import { formatReference, parseReference, type Reference } from "@stowage/reference";
import { imageFields, imageJson } from "../output/describe-image.ts";
import type { Progress } from "../progress/progress.ts";
import { pullReporter } from "../progress/pull-progress.ts";
import type { OpenImages } from "../store/open-images.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

interface PullOptions {
  readonly plainHttp?: boolean;
  readonly platform?: string;
  readonly creds?: string;
  readonly authfile?: string;
  readonly quiet?: boolean;
}

export function pullVerb(): Verb {
  return new Verb("pull", "Bring images here, verified and unpacked")
    .helpGroup(groups.images)
    .argument("<image...>", "references, like alpine:3 or ghcr.io/owner/name@sha256:…")
    .option("--plain-http", "speak http to the registry, not https")
    .option("--platform <os/arch>", "the platform to choose (default: this machine's)")
    .option("--creds <user:password>", "a credential for the registry")
    .option("--authfile <file>", "a docker config.json or podman auth.json with credentials")
    .option("-q, --quiet", "tell nothing on the way")
    .example("stowage pull alpine:3", "from Docker Hub")
    .example("stowage pull ghcr.io/owner/a:1 ghcr.io/owner/b:1", "several at once")
    .answers(imageFields)
    .hints({
      unauthenticated: "try --creds or --authfile",
      unavailable: "what has arrived is kept for the next try",
    })
    .keeps("what had arrived is kept for the next try")
    .runs(async (call: Call<PullOptions>, texts: readonly string[]) => {
      const { options } = call;
      const references = texts.map(parseReference);
      const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
      await using open = await call.open({ authFile: options.authfile });
      using progress = await call.progress({ quiet: options.quiet });
      const pulling = { call, open, progress, platform };
      const images = await call.eachAtOnce(references, (reference) => pullOne(pulling, reference));
      call.print({ list: images.map(imageJson), screen: () => images.map(({ id }) => id) });
    });
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
  if (creds === undefined) {
    const { openNodeKeychain } = await import("@stowage/core");
    return await openNodeKeychain(settings.registry.authFile).find(reference);
  }
  const { decodeAuthConfig } = await import("@stowage/auth");
  const colon = creds.indexOf(":");
  const [username, password] = colon < 0 ? [creds, ""] : [creds.slice(0, colon), creds.slice(colon + 1)];
  return decodeAuthConfig({ username, password })?.credential;
}
