import type { Descriptor, Digest } from "@stowage/oci";
import type { Reference } from "@stowage/reference";
import type { RegistryOptions, Repository } from "./registry.ts";

/**
 * What a registry says that it has. Nothing of it is verified but its form: whoever fetches what is listed verifies that. It
 * fails as `Registry` does, and with `failed-precondition` where the answer is no list, or one without an end.
 */
export interface RegistryListing {
  /** The tags of a repository, in the registry's order, asked for page by page while they are read. */
  tags(repository: Repository, options?: TagsOptions): AsyncIterable<string>;

  /**
   * What refers to a manifest: signatures, attestations, bills of materials. A registry without such a list is asked for the
   * index that clients keep under a tag instead (OCI distribution-spec, "Unavailable Referrers API"). Each comes once; none
   * where there are none, also where the subject is not there itself.
   */
  referrers(repository: Repository, subject: Digest, options?: ReferrersOptions): AsyncIterable<ReferrerDescriptor>;

  /**
   * What a reference names now, by the registry's word, without the bytes: such a question is not counted as a pull.
   * `undefined` where there is nothing. Of a tag and a digest, the digest decides.
   */
  find(reference: Reference, options?: RegistryOptions): Promise<Descriptor | undefined>;
}

export interface TagsOptions extends RegistryOptions {
  /** How many tags to ask for at once. By default the registry chooses, and it may always send fewer. */
  readonly pageSize?: number | undefined;
}

export interface ReferrersOptions extends RegistryOptions {
  /** Only those of this type. */
  readonly artifactType?: string | undefined;
}

export interface ReferrerDescriptor extends Descriptor {
  readonly artifactType?: string | undefined;
}
