import { StowageError } from "@stowage/errors";

/** Which rule of the grammar a text breaks. */
export type InvalidReferenceReason =
  | "empty"
  | "too-long"
  | "url"
  | "image-id"
  | "domain"
  | "path"
  | "path-too-long"
  | "upper-case"
  | "tag"
  | "tag-too-long"
  | "digest";

/** A text that is no reference, and why. The code is `invalid-argument`. */
export class InvalidReferenceError extends StowageError {
  readonly reason: InvalidReferenceReason;

  constructor(reason: InvalidReferenceReason, text: string) {
    super("invalid-argument", `Cannot parse reference${quoted(reason, text)}: ${meanings[reason]}`);
    this.reason = reason;
  }
}

const meanings: Readonly<Record<InvalidReferenceReason, string>> = {
  empty: "it is empty",
  "too-long": "it has more than 1024 characters",
  url: "it is a URL; a reference has no scheme",
  "image-id": "64 hex digits are the id of an image, not its name",
  domain: "the part before the first slash is no host[:port]",
  path: "the repository is not lower-case letters and digits, separated by one of . _ __ - and by slashes",
  "path-too-long": "the repository has more than 255 bytes",
  "upper-case": "the repository must be lower case",
  tag: "the tag is not letters, digits, _ . and -, beginning with none of the last two",
  "tag-too-long": "the tag has more than 128 characters",
  digest: "the digest is not sha256, sha384 or sha512 with its full lower-case hex",
};

/** Nothing that may be a password is repeated: no URL, and nothing before an "@" that begins no digest. Long texts are cut. */
function quoted(reason: InvalidReferenceReason, text: string): string {
  if (reason === "url" || reason === "empty") return "";
  const shown = withoutUser(text);
  return ` ${JSON.stringify(shown.length > 512 ? `${shown.slice(0, 64)}…` : shown)}`;
}

function withoutUser(text: string): string {
  const last = text.lastIndexOf("@");
  const at = last > 0 && digestBegins.test(text.slice(last + 1)) ? text.lastIndexOf("@", last - 1) : last;
  return at < 0 ? text : `***${text.slice(at)}`;
}

/** Of one that is not well-formed too: it is what the reader has to see. */
const digestBegins = /^sha(?:256|384|512):[^/]*$/;
