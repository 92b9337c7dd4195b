/** Where `@stowage/registry-http` tells of a request, until the head of its answer is there, or none came. */
export const requestChannel = "stowage.registry.request";

/** A request to a registry. Its path is not told: it may be a signed URL, which is a secret. */
export interface RequestTrace {
  /** `host[:port]` */
  readonly host: string;
  readonly method: string;
  /** Completes "Cannot …". */
  readonly action: string;
  readonly status?: number;
}
