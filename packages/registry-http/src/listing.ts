import { formatReference, formatRepository } from "@stowage/reference";
import type { RegistryListing } from "@stowage/registry";
import { findDescriptor } from "./find-descriptor.ts";
import { listReferrers } from "./referrers.ts";
import type { RegistryClient } from "./registry-client.ts";
import { listTags } from "./tags.ts";

/** What registries have, over HTTP. */
export function listingWith(client: RegistryClient): RegistryListing {
  return {
    tags: (repository, options = {}) =>
      listTags(client, { action: `list the tags of ${formatRepository(repository)}`, repository, options }),
    referrers: (repository, subject, options = {}) => {
      const action = `list what refers to ${formatRepository(repository)}@${subject}`;
      return listReferrers(client, { action, repository, options }, subject);
    },
    find: async (reference, options = {}) => {
      const action = `find ${formatReference(reference)}`;
      return await findDescriptor(client, { action, repository: reference, options }, reference);
    },
  };
}
