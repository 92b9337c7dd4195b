import { type Descriptor, type Digest, mediaTypes } from "@stowage/oci";
import { type ReferrerDescriptor, RegistryUnavailableError } from "@stowage/registry";
import type { PlacedCall } from "./call.ts";
import { maxIndexWrites } from "./limits.ts";
import { onlyAt } from "./pages.ts";
import { putDocument } from "./put-document.ts";
import { findReferrersIndex, referrersIn, referrersTag } from "./referrers.ts";
import type { RegistryClient } from "./registry-client.ts";
import { parseObject } from "./registry-words.ts";

/**
 * Adds a referrer to the index that clients keep for a registry that does not (OCI distribution-spec, "Pushing Manifests with
 * Subject"). Two who write at once overwrite each other, so it is looked whether what was written stays.
 */
export async function addToReferrersTag(
  client: RegistryClient,
  call: PlacedCall,
  { subject, referrer }: { readonly subject: Digest; readonly referrer: ReferrerDescriptor },
): Promise<void> {
  const host = { ...call.host, capabilities: new Set(["pull", "resolve", "push", "referrers"] as const) };
  const there = onlyAt(client, host);
  for (let written = 0; written <= maxIndexWrites; written += 1) {
    const index = await findReferrersIndex(there, call, subject);
    const entries = index === undefined ? [] : referrersIn(index);
    if (entries.some(({ digest }) => digest === referrer.digest)) return;
    await putDocument(client, call, {
      name: referrersTag(subject),
      mediaType: mediaTypes.ociIndex,
      bytes: encodeIndex(index?.bytes, referrer),
    });
  }
  const reason = "other clients keep writing its index of referrers";
  throw new RegistryUnavailableError(call.action, [{ host: call.host.url.host, reason }]);
}

/** What others wrote stays as it is. */
function encodeIndex(bytes: Uint8Array | undefined, referrer: Descriptor): Uint8Array {
  const fields = parseObject(new TextDecoder().decode(bytes)) ?? {};
  const manifests: readonly unknown[] = Array.isArray(fields["manifests"]) ? fields["manifests"] : [];
  const index = { ...fields, schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...manifests, referrer] };
  return new TextEncoder().encode(JSON.stringify(index));
}
