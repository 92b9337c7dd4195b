import { StowageError } from "@stowage/errors";
import { choosePlatform, formatPlatform, type Platform, parsePlatform } from "@stowage/oci";
import { formatReference, type Reference } from "@stowage/reference";
import type { RegistryOptions as AskOptions, FetchedDocument, Registry } from "@stowage/registry";
import { decodeJson } from "../output/decode-json.ts";
import { documentLines } from "../output/json.ts";
import { callOptions } from "../store/call-options.ts";
import { getReference } from "../store/get-reference.ts";
import { openTools } from "../store/open-tools.ts";
import type { RegistryOptions } from "../store/registry-options.ts";
import type { Call } from "../verbs/call.ts";

export interface ManifestOptions extends RegistryOptions {
  readonly platform?: string;
}

/** Prints a document of a registry: its very bytes, so that their digest is its name, but for a terminal. */
export async function showManifest(call: Call<ManifestOptions>, text: string): Promise<void> {
  const { options, terminal } = call;
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
  await using tools = await openTools(options);
  const reference = await getReference(tools.names, text, call);
  const { descriptor, bytes } = await resolveFor(tools.registry, { reference, platform }, callOptions(call));
  const manifest = decodeJson(bytes);
  if (call.isForPeople && terminal.stdout.isTTY !== true) return void terminal.stdout.write(bytes);
  const { digest, mediaType, size } = descriptor;
  call.print({
    one: { reference: formatReference(reference), digest, mediaType, size, manifest },
    screen: () => documentLines(bytes),
  });
}

/** What a reference names, or, for a platform, the manifest that an index has for it. */
export async function resolveFor(
  registry: Registry,
  { reference, platform }: { readonly reference: Reference; readonly platform: Platform | undefined },
  options: AskOptions,
): Promise<FetchedDocument> {
  const root = await registry.resolve(reference, options);
  if (platform === undefined || root.document.kind !== "index") return root;
  const entry = choosePlatform(root.document.manifests, platform);
  if (entry !== undefined) return await registry.document(reference, entry, options);
  const why = `it is not there for ${formatPlatform(platform)}`;
  throw new StowageError("not-found", `Cannot find ${formatReference(reference)}: ${why}`);
}
