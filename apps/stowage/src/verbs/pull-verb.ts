import { imageFields } from "../output/image-fields.ts";
import type { Call } from "./call.ts";
import { groups } from "./groups.ts";
import { Verb } from "./verb.ts";

export interface PullOptions {
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
    .hints({ unauthenticated: "try --creds or --authfile" })
    .keeps("what had arrived is kept for the next try")
    .runs(async (call: Call<PullOptions>, texts: readonly string[]) => {
      const { pullImages } = await import("../actions/pull-images.ts");
      await pullImages(call, texts);
    });
}
