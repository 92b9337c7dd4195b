import { quoteText } from "@stowage/oci";
import { formatRepository, type Reference } from "@stowage/reference";
import type { Policy, Requirements } from "./policy.ts";

/** What a policy is asked about: where an image is to come from (containers-transports(5)). */
export type Subject =
  | { readonly transport: "docker"; readonly reference: Reference }
  /** The path is absolute and without links; a stream has none. */
  | { readonly transport: "dir" | "oci" | "oci-archive"; readonly path?: string | undefined }
  | { readonly transport: "docker-archive" }
  /** Nobody knows it. */
  | { readonly transport: "unknown" };

/** What has to hold of a subject, and the part of the policy that says so. */
export interface Ruling {
  readonly requirements: Requirements;
  /** As a message calls it. */
  readonly part: string;
}

/** What the most specific scope that the subject is in asks for; all others are left out. */
export function requirementsFor(policy: Policy, subject: Subject): Ruling {
  const { transport } = subject;
  const scopes = transport === "unknown" ? undefined : policy.transports.get(transport);
  for (const scope of [...scopesOf(subject), ""]) {
    const requirements = scopes?.get(scope);
    if (requirements === undefined) continue;
    const part = scope === "" ? `the default of "${transport}"` : `the scope ${quoteText(scope)} of "${transport}"`;
    return { requirements, part };
  }
  return { requirements: policy.default, part: "the default" };
}

/** The scopes that a subject is in, from the narrowest to the widest. */
function scopesOf(subject: Subject): readonly string[] {
  switch (subject.transport) {
    case "docker":
      return dockerScopes(subject.reference);
    case "dir":
    case "oci":
    case "oci-archive":
      return subject.path === undefined ? [] : parentsOf(subject.path);
    case "docker-archive":
    case "unknown":
      return [];
  }
}

/**
 * A reference with a tag and a digest is looked up by its digest: that alone says what is fetched, and a tag beside it is a claim
 * that nobody checks. Hosts in capital letters are those in small ones, which nobody can slip past a scope by.
 */
function dockerScopes(reference: Reference): readonly string[] {
  const { tag, digest } = reference;
  const repository = formatRepository(reference);
  const image = digest === undefined ? `${repository}:${tag ?? ""}` : `${repository}@${digest}`;
  const scopes = [image, ...parentsOf(repository), ...wildcardsOf(reference.domain)];
  return scopes.flatMap((scope) => [scope, inSmallLetters(scope)]);
}

function inSmallLetters(scope: string): string {
  const [host = "", ...path] = scope.split("/");
  return [host.toLowerCase(), ...path].join("/");
}

/** `a/b/c`, `a/b` and `a`; `/` itself is no scope. */
function parentsOf(path: string): readonly string[] {
  const names = path.split("/");
  const parents = names.map((_, at) => names.slice(0, names.length - at).join("/"));
  return parents.filter((parent) => parent !== "");
}

/** `*.b.c` and `*.c` for `a.b.c:5000`. */
function wildcardsOf(domain: string): readonly string[] {
  const [host = ""] = domain.split(":");
  const labels = host.split(".");
  return labels.slice(1).map((_, at) => `*.${labels.slice(at + 1).join(".")}`);
}
