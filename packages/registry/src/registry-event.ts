import type { Digest } from "@stowage/oci";

/** What a call of the registry is doing, for people: that a host failed and what follows, and what has arrived of a blob. */
export type RegistryEvent =
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
