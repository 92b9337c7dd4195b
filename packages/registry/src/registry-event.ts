import type { Digest } from "@stowage/oci";

/**
 * What a call of the registry is doing, for people: whom it asks and that they answer, be it with a refusal; that a host failed and
 * what follows; what has arrived of a blob. A host is `host[:port]`, also that of a token server or of where blobs are kept.
 */
export type RegistryEvent =
  | { readonly kind: "asked" | "answered"; readonly host: string }
  | {
      readonly kind: "failed";
      readonly host: string;
      readonly reason: string;
      /** How long it waits until it asks again; nothing where another host is asked, or none. */
      readonly retryMilliseconds?: number;
    }
  | {
      readonly kind: "arrived";
      readonly host: string;
      readonly digest: Digest;
      /** Of the whole blob, what is in. */
      readonly bytes: number;
      readonly size: number;
    };
