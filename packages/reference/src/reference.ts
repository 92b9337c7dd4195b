import { InvalidReferenceError } from "./invalid-reference-error.ts";
import { parseDomain, parsePath } from "./repository-name.ts";

/** The name of an image, complete: nothing in it depends on a default any more. It has a tag, a digest or both. */
export interface Reference {
  /** `host[:port]` of the registry; `docker.io` for Docker Hub. */
  readonly domain: string;
  /** The repository in that registry: `library/busybox`. */
  readonly path: string;
  readonly tag?: string;
  /** `sha256:`, `sha384:` or `sha512:` and lower-case hex of exactly that length. */
  readonly digest?: string;
}

/**
 * Reads a reference as docker does (distribution/reference, `reference.go`, `regexp.go` and `normalize.go`):
 *
 *     reference       := name [ ":" tag ] [ "@" digest ]
 *     name            := [ domain "/" ] path
 *     domain          := host [ ":" port ]
 *     host            := domain-name | IPv4 address | "[" IPv6 address "]"
 *     domain-name     := label ( "." label )*
 *     label           := letters, digits and inner "-"
 *     port            := 1 to 65535
 *     path            := component ( "/" component )*        at most 255 bytes
 *     component       := /[a-z0-9]+/ ( separator /[a-z0-9]+/ )*
 *     separator       := "." | "_" | "__" | "-"+
 *     tag             := /[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}/
 *     digest          := "sha256:" 64 hex | "sha384:" 96 hex | "sha512:" 128 hex        lower case
 *
 * The first component is the domain where it has a ".", a ":" or an upper-case letter, or is `localhost`; otherwise
 * the domain is `docker.io`. `index.docker.io` is `docker.io`, whose repositories of one component are in `library/`.
 * Without tag and digest the tag is `latest`; with both, both are kept. 64 hex digits alone are an image id, no name.
 * Fails with `InvalidReferenceError` for everything else, in time linear in the text.
 */
export function parseReference(text: string): Reference {
  if (text === "") throw new InvalidReferenceError("empty", text);
  if (text.length > maxTextLength) throw new InvalidReferenceError("too-long", text);
  if (text.includes("://")) throw new InvalidReferenceError("url", text);
  if (/^[0-9a-f]{64}$/.test(text)) throw new InvalidReferenceError("image-id", text);
  const [name, digest] = cut(text, "@");
  const [domain = defaultDomain, remainder] = splitName(name);
  const [path, tag] = cut(remainder, ":");
  return {
    ...normalise(parseDomain(domain, text), parsePath(path, text)),
    ...(tag === undefined ? {} : { tag: parseTag(tag, text) }),
    ...(digest === undefined ? {} : { digest: parseDigest(digest, text) }),
    ...(tag === undefined && digest === undefined ? { tag: "latest" } : {}),
  };
}

/** Reads a text that may be something else than a reference, such as an id: `undefined` for what `parseReference` refuses. */
export function findReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidReferenceError) return undefined;
    throw error;
  }
}

/** The complete form, which `parseReference` reads back as the same value: `docker.io/library/busybox:latest`. */
export function formatReference(reference: Reference): string {
  return formatRepository(reference) + formatObject(reference);
}

/**
 * The form for people: `busybox:latest` for `docker.io/library/busybox:latest`. It too reads back as the same value,
 * so `docker.io` stays before a path that would be taken for a domain (`docker.io/a.b/c`; docker itself drops it there).
 */
export function formatFamiliar(reference: Reference): string {
  return familiarName(reference) + formatObject(reference);
}

/** `domain/path`: where the image is, whatever its tag or digest. */
export function formatRepository({ domain, path }: Pick<Reference, "domain" | "path">): string {
  return `${domain}/${path}`;
}

/** More than the longest domain, path, tag and digest together; what is longer is not even looked at. */
const maxTextLength = 1024;

const defaultDomain = "docker.io";
const legacyDomain = "index.docker.io";
const official = "library/";

const digestForm = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** The text before the first `mark` and, where there is one, the text after it. */
function cut(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The domain, where a name begins with one, and what stands behind it. */
export function splitName(name: string): readonly [domain: string | undefined, remainder: string] {
  const [first, rest] = cut(name, "/");
  return rest !== undefined && namesDomain(first) ? [first, rest] : [undefined, name];
}

function namesDomain(component: string): boolean {
  return component === "localhost" || /[.:A-Z]/.test(component);
}

function normalise(domain: string, path: string): Pick<Reference, "domain" | "path"> {
  const known = domain === legacyDomain ? defaultDomain : domain;
  return { domain: known, path: known === defaultDomain && !path.includes("/") ? official + path : path };
}

function parseTag(tag: string, text: string): string {
  if (!/^\w[\w.-]{0,127}$/.test(tag)) throw new InvalidReferenceError(tag.length > 128 ? "tag-too-long" : "tag", text);
  return tag;
}

function parseDigest(digest: string, text: string): string {
  if (!digestForm.test(digest)) throw new InvalidReferenceError("digest", text);
  return digest;
}

function familiarName({ domain, path }: Reference): string {
  if (domain !== defaultDomain) return formatRepository({ domain, path });
  const short = path.startsWith(official) ? path.slice(official.length) : path;
  if (!short.includes("/")) return short;
  return namesDomain(path.slice(0, path.indexOf("/"))) ? formatRepository({ domain, path }) : path;
}

function formatObject({ tag, digest }: Reference): string {
  return `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}
