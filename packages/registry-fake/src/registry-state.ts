import type { RegistryContent } from "./registry-content.ts";
import type { Uploads } from "./uploads.ts";

/** What a registry may leave out or limit. */
export interface RegistryRules {
  /** Whether it knows the referrers API; where not, it answers 404, and clients fall back to tags. Default: true. */
  readonly referrers?: boolean;
  /** How many tags or referrers are in one answer, at most. Default: all. */
  readonly pageSize?: number;
  /** Bytes of the shortest chunk but the last (`OCI-Chunk-Min-Length`). Default: none is too short. */
  readonly chunkMinLength?: number;
}

/** What answers are made from. */
export interface RegistryState {
  readonly content: RegistryContent;
  readonly uploads: Uploads;
  readonly rules: RegistryRules;
}
