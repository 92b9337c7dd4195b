import type { Digest } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import { RegistryError } from "@stowage/registry";
import { askHost } from "./ask-host.ts";
import type { Call, PlacedCall } from "./call.ts";
import { documentWantedBy } from "./fetch-document.ts";
import { overHosts } from "./over-hosts.ts";
import type { RegistryClient } from "./registry-client.ts";

/** Takes a manifest or a tag out of its repository (OCI distribution-spec, "Content Management"). */
export async function removeDocument(client: RegistryClient, call: Call, reference: Reference): Promise<void> {
  await remove(client, call, `manifests/${documentWantedBy(call, reference).name}`);
}

/** Takes a blob out of its repository. */
export async function removeBlob(client: RegistryClient, call: Call, digest: Digest): Promise<void> {
  await remove(client, call, `blobs/${digest}`);
}

async function remove(client: RegistryClient, call: Call, path: string): Promise<void> {
  const ask = async (placed: PlacedCall): Promise<void> => await removeAt(client, placed, path);
  await overHosts(client, call, { capability: "push", ask });
}

async function removeAt(client: RegistryClient, call: PlacedCall, path: string): Promise<void> {
  try {
    const answer = await askHost(client, call, {
      path,
      method: "DELETE",
      statuses: [200, 202, 204],
      actions: "delete",
      milliseconds: client.settings.timeouts.document,
    });
    answer.discard();
  } catch (error) {
    throw isUnsupported(error) ? notAllowed(call, error) : error;
  }
}

function isUnsupported(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.failures[0]?.status === 405;
}

function notAllowed({ action }: PlacedCall, cause: RegistryError): RegistryError {
  const failures = cause.failures.map((failure) => ({
    ...failure,
    reason: `it does not allow it: ${failure.reason}`,
  }));
  return new RegistryError({ code: "failed-precondition", action, failures }, { cause });
}
