import type { PushedDocument } from "@stowage/registry";
import { askHost } from "./ask-host.ts";
import type { PlacedCall } from "./call.ts";
import type { RegistryClient } from "./registry-client.ts";
import type { HttpAnswer } from "./transport.ts";

/** Puts a document under a tag or its digest at one host (OCI distribution-spec, "Pushing Manifests"). */
export async function putDocument(
  client: RegistryClient,
  call: PlacedCall,
  { name, mediaType, bytes }: PushedDocument & { readonly name: string },
): Promise<HttpAnswer> {
  const answer = await askHost(client, call, {
    path: `manifests/${name}`,
    method: "PUT",
    headers: { "content-type": mediaType },
    body: bytes,
    statuses: [200, 201],
    actions: "pull,push",
    milliseconds: client.settings.timeouts.document,
  });
  answer.discard();
  return answer;
}
