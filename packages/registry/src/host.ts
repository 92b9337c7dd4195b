import type { Credential, Secret } from "@stowage/auth";
import type { AbortOptions } from "@stowage/errors";
import type { NameCandidates } from "@stowage/reference";
import type { Repository } from "./registry.ts";

/** Knows where a repository is asked for. */
export interface Hosts {
  /**
   * The hosts for a repository, first choice first, by the configuration of this very moment. Fails with
   * `invalid-argument`, naming file, line and key, where that is damaged, and with `permission-denied` where it blocks
   * the repository.
   */
  plan(repository: Repository, options?: PlanOptions): Promise<readonly RegistryHost[]>;
}

/** Knows what names stand for, also those that say nothing of their registry. */
export interface Names {
  /**
   * What a name stands for, by the configuration of this very moment. Fails with `invalid-argument` for what is no name, where the
   * configuration is damaged, and where it leaves nothing that the name could stand for.
   */
  candidates(text: string, options?: AbortOptions): Promise<NameCandidates>;
}

export interface PlanOptions extends AbortOptions {
  /** Whether a plan of a moment ago will do, for a part of what that was made for. */
  readonly recent?: boolean | undefined;
}

/** One host that serves a repository. */
export interface RegistryHost {
  /** The root of the API, without a slash at the end: `https://registry-1.docker.io/v2`. */
  readonly url: URL;
  /** What the repository is called there: `library/alpine`. */
  readonly path: string;
  /** An origin is the repository's own host and gets the caller's credential; a mirror stands in for it and gets its own. */
  readonly role: "origin" | "mirror";
  /** What it may be asked to do. */
  readonly capabilities: ReadonlySet<HostCapability>;
  /** The domain that a mirror is asked to stand in for: the query parameter `ns`. */
  readonly namespace?: string | undefined;
  /** Sent to this host with every request, and to no other. */
  readonly headers?: Readonly<Record<string, readonly Secret[]>> | undefined;
  readonly trust?: HostTrust | undefined;
  /** How long connecting may take. */
  readonly connectMilliseconds?: number | undefined;
  /** Whether http may be spoken where the host does not speak https. */
  readonly orPlainHttp?: boolean | undefined;
}

/** As containerd's hosts.toml has them: `pull` is by digest, `resolve` is by tag. */
export type HostCapability = "pull" | "resolve" | "push" | "referrers";

/** Whom to believe that they are the host, and what to show it. */
export interface HostTrust {
  /** PEM, beside the system's authorities. */
  readonly authorities: readonly string[];
  /** PEM of certificates and keys to show; never to another host. */
  readonly identities: readonly { readonly certificate: string; readonly key: Secret }[];
  /** Believe any certificate. */
  readonly anyCertificate: boolean;
}

/** Knows the credentials of this machine. */
export interface Keychain {
  /**
   * The credential for a repository at a host, `host[:port]`; `undefined` where there is none. Fails with
   * `invalid-argument` where the files are damaged, and with `unavailable` where a credential program fails.
   */
  find(scope: CredentialScope, options?: AbortOptions): Promise<Credential | undefined>;
}

/** Knows credentials that somebody laid down for pulls of a Kubernetes namespace, each for one pull. */
export interface NamespacedKeychains {
  /**
   * What is there for a pull of a repository in a namespace, for this caller alone: the next one finds nothing, whatever becomes of
   * the pull. `undefined` where there is nothing. Fails with `invalid-argument` for what is no name of a namespace, and for
   * credentials that are damaged, which are gone then, too.
   */
  take(namespace: string, repository: CredentialScope, options?: AbortOptions): Promise<Keychain | undefined>;
}

/** `domain` is a `host[:port]`; Docker Hub is `docker.io`. */
export interface CredentialScope {
  readonly domain: string;
  readonly path: string;
}
