/** Which images may come here (containers-policy.json(5)). */
export interface Policy {
  /** For what no scope is about. */
  readonly default: Requirements;
  /** By transport and scope; the scope `""` is all of a transport. */
  readonly transports: ReadonlyMap<string, ReadonlyMap<string, Requirements>>;
}

/** What has to hold, all of it. */
export type Requirements = readonly [Requirement, ...(readonly Requirement[])];

/** One thing that has to hold of an image, in the words of the format. */
export type Requirement =
  | { readonly type: "insecureAcceptAnything" }
  | { readonly type: "reject" }
  | SignedBy
  | SigstoreSigned
  | { readonly type: "signedBaseLayer"; readonly baseLayerIdentity: SignedIdentity };

/** A "simple signing" signature of one of the keys, which are in exactly one of the places. */
export interface SignedBy {
  readonly type: "signedBy";
  readonly keyType: "GPGKeys";
  readonly keyPath?: string | undefined;
  readonly keyPaths?: readonly string[] | undefined;
  /** Base64. */
  readonly keyData?: string | undefined;
  readonly signedIdentity: SignedIdentity;
}

/** A sigstore signature: by a key, by a certificate of a Fulcio, or by one of an authority of one's own; exactly one of them. */
export interface SigstoreSigned {
  readonly type: "sigstoreSigned";
  readonly keyPath?: string | undefined;
  readonly keyPaths?: readonly string[] | undefined;
  /** Base64, here and below. */
  readonly keyData?: string | undefined;
  readonly keyDatas?: readonly string[] | undefined;
  readonly fulcio?: Fulcio | undefined;
  readonly pki?: Pki | undefined;
  /** At most one of these; one with `fulcio`, and none with `pki`. */
  readonly rekorPublicKeyPath?: string | undefined;
  readonly rekorPublicKeyPaths?: readonly string[] | undefined;
  readonly rekorPublicKeyData?: string | undefined;
  readonly rekorPublicKeyDatas?: readonly string[] | undefined;
  readonly signedIdentity: SignedIdentity;
}

/** Exactly one of `caPath` and `caData`. */
export interface Fulcio {
  readonly caPath?: string | undefined;
  readonly caData?: string | undefined;
  readonly oidcIssuer: string;
  readonly subjectEmail: string;
}

/** Exactly one of the roots, at most one of the intermediates, and a subject. */
export interface Pki {
  readonly caRootsPath?: string | undefined;
  readonly caRootsData?: string | undefined;
  readonly caIntermediatesPath?: string | undefined;
  readonly caIntermediatesData?: string | undefined;
  readonly subjectEmail?: string | undefined;
  readonly subjectHostname?: string | undefined;
}

/** What a signature has to say that it is of; `matchRepoDigestOrExact` where a file does not say. */
export type SignedIdentity =
  | { readonly type: "matchExact" }
  | { readonly type: "matchRepoDigestOrExact" }
  | { readonly type: "matchRepository" }
  | { readonly type: "exactReference"; readonly dockerReference: string }
  | { readonly type: "exactRepository"; readonly dockerRepository: string }
  | { readonly type: "remapIdentity"; readonly prefix: string; readonly signedPrefix: string };
