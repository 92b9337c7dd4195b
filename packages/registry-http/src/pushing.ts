import { formatReference, formatRepository } from "@stowage/reference";
import type { RegistryPushing } from "@stowage/registry";
import { pushBlob } from "./push-blob.ts";
import { pushDocument } from "./push-document.ts";
import type { RegistryClient } from "./registry-client.ts";
import { removeBlob, removeDocument } from "./remove.ts";

/** Pushing to registries and removing from them, over HTTP. */
export function pushingWith(client: RegistryClient): RegistryPushing {
  return {
    pushBlob: async (repository, blob, options = {}) => {
      const action = `push ${blob.digest} to ${formatRepository(repository)}`;
      return await pushBlob(client, { action, repository, options }, blob);
    },
    pushDocument: async (repository, document, options = {}) => {
      const action = `push ${formatReference(repository)}`;
      return await pushDocument(client, { action, repository, options }, document);
    },
    remove: async (reference, options = {}) => {
      const action = `remove ${formatReference(reference)}`;
      return await removeDocument(client, { action, repository: reference, options }, reference);
    },
    removeBlob: async (repository, digest, options = {}) => {
      const action = `remove ${digest} from ${formatRepository(repository)}`;
      return await removeBlob(client, { action, repository, options }, digest);
    },
  };
}
