import type { Secret } from "@stowage/auth";

/** A repository as it is asked for: its tag and digest say which mirrors are for it. */
export interface AskedRepository {
  /** `host[:port]`; Docker Hub is `docker.io`. */
  readonly domain: string;
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** One host that serves a repository, by configuration alone: the files that it names are not read yet. */
export interface PlannedHost {
  /** The root of the API, without a slash at the end. */
  readonly url: URL;
  readonly path: string;
  readonly role: "origin" | "mirror";
  readonly capabilities: ReadonlySet<HostCapability>;
  /** The domain that a mirror is asked to stand in for. */
  readonly namespace?: string | undefined;
  readonly headers?: HostHeaders | undefined;
  readonly trustFiles?: TrustFiles | undefined;
  readonly connectMilliseconds?: number | undefined;
  /** Whether http may be spoken where the host does not speak https. */
  readonly orPlainHttp?: boolean | undefined;
}

/** As containerd's hosts.toml has them: `pull` is by digest, `resolve` is by tag. */
export type HostCapability = "pull" | "resolve" | "push" | "referrers";

export type HostHeaders = Readonly<Record<string, readonly Secret[]>>;

/** PEM files, named as the configuration names them. */
export interface TrustFiles {
  readonly authorities: readonly string[];
  readonly identities: readonly IdentityFiles[];
  readonly anyCertificate: boolean;
}

/** Without `key`, the file of the certificate has it too. */
export interface IdentityFiles {
  readonly certificate: string;
  readonly key?: string | undefined;
}

export const allCapabilities: ReadonlySet<HostCapability> = new Set(["pull", "resolve", "push", "referrers"]);
