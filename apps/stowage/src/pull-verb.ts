import { type Credential, decodeAuthConfig } from "@stowage/auth";
import { openNodeKeychain } from "@stowage/core";
import type { PullEvent } from "@stowage/image-service";
import { parsePlatform } from "@stowage/oci";
import { formatReference, parseReference, type Reference } from "@stowage/reference";
import type { Command } from "commander";
import { formatBytes, imageJson } from "./describe-image.ts";
import { type OpenImages, openImages } from "./open-images.ts";
import { createVerb, type PlaceOptions } from "./place-options.ts";
import type { Terminal } from "./terminal.ts";

interface PullVerbOptions extends PlaceOptions {
  readonly plainHttp?: boolean;
  readonly platform?: string;
  readonly creds?: string;
  readonly authfile?: string;
  readonly quiet?: boolean;
}

export function addPull(program: Command, terminal: Terminal): void {
  createVerb(program, "pull", "Bring an image here, verified and unpacked")
    .argument("<image>", "a reference, like alpine:3 or ghcr.io/owner/name@sha256:…")
    .option("--plain-http", "speak http to the registry, not https")
    .option("--platform <os/arch>", "the platform to choose (default: this machine's)")
    .option("--creds <user:password>", "a credential for the registry")
    .option("--authfile <file>", "a docker config.json or podman auth.json with credentials")
    .option("-q, --quiet", "tell nothing on the way")
    .action(async (text: string, options: PullVerbOptions) => {
      const reference = parseReference(text);
      const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
      await using open = await openImages(options);
      if (!options.quiet) terminal.tell(`Pulling ${formatReference(reference)}`);
      const image = await open.images.pull(reference, {
        signal: terminal.signal,
        plainHttp: options.plainHttp,
        platform,
        credential: await chooseCredential(open, reference, options),
        onProgress: options.quiet ? undefined : teller(terminal),
      });
      terminal.print(options.json ? JSON.stringify(imageJson(image), undefined, 2) : image.id);
    });
}

async function chooseCredential(
  { settings }: OpenImages,
  reference: Reference,
  { creds }: PullVerbOptions,
): Promise<Credential | undefined> {
  if (creds === undefined) return await openNodeKeychain(settings.registry.authFile).find(reference);
  const colon = creds.indexOf(":");
  const [username, password] = colon < 0 ? [creds, ""] : [creds.slice(0, colon), creds.slice(colon + 1)];
  return decodeAuthConfig({ username, password })?.credential;
}

/** One line for each layer that comes to a new phase. */
function teller(terminal: Terminal): (event: PullEvent) => void {
  const phases = new Map<string, string>();
  return (event) => {
    if (event.kind === "resolved")
      terminal.tell(
        `Manifest ${event.manifest.digest}, ${event.layers.length} layer${event.layers.length === 1 ? "" : "s"}`,
      );
    if (event.kind === "committing") terminal.tell("Committing");
    if (event.kind !== "layer" || phases.get(event.digest) === event.phase) return;
    phases.set(event.digest, event.phase);
    terminal.tell(
      `Layer ${event.digest.slice("sha256:".length).slice(0, 12)}  ${event.phase.padEnd(9)}  ${formatBytes(event.size)}`,
    );
  };
}
