/** A case that containerd does not pass. */
export interface ContainerdDifference {
  /** Of the case. */
  readonly name: string;
  /** What stowage answers, as the case asks. */
  readonly ours: string;
  readonly theirs: string;
  /** What is seen of it in the outcome of the case. */
  readonly came: RegExp;
}

/** What Debian has, and what is said here is true of. */
export const containerdVersion = "1.6.20";

const invalid = "InvalidArgument";
const noReference = ["", "app/UPPER", "app:", "app@sha256:short", "app@sha256:../../etc/passwd", " app", "-app"];
const strangeUsers = ["-1", "2147483648", "99999999999999999999"];

const unavailable = [
  { what: "drops its connections", came: /^UNKNOWN "failed to pull.* EOF"$/ },
  { what: "answers 500", came: /^UNKNOWN "failed to pull.* 500 / },
  { what: "answers 503", came: /^UNKNOWN "failed to pull.* 503 / },
  { what: "answers 429 and goes on to", came: /^UNKNOWN "failed to pull.* 429 / },
  { what: "answers 503 for the blobs", came: /^UNKNOWN "failed to pull.* 503 / },
];

const refused = [
  "a pull with a wrong password is refused although the image is here",
  "a pull with a wrong identity token is refused although the image is here",
  "a pull with a wrong registry token is refused although the image is here",
  "a pull without credentials is refused although somebody else's pull was let in",
  "wrong credentials are not turned into none",
  "credentials for another host are not sent",
];

const artifacts = [
  "an artifact with an empty config is pulled, found and listed, with a size above 0",
  "two artifacts with the same empty config are two images",
  "an artifact is removed like an image",
];

const failing = (what: string): string =>
  `a pull from a registry that ${what} fails with the code for that, and leaves no image`;

const errors: readonly ContainerdDifference[] = [
  ...unavailable.map(({ what, came }) => ({
    name: failing(what),
    ours: "Unknown, `RegistryUnavailable: ` in front, after some tries",
    theirs: "Unknown without it, after one try",
    came,
  })),
  {
    name: failing("answers 401"),
    ours: "Unauthenticated",
    theirs: "Unknown",
    came: /^UNKNOWN "failed to pull.* 401 Unauthorized"$/,
  },
  {
    name: failing("answers 403"),
    ours: "PermissionDenied",
    theirs: "Unknown",
    came: /^UNKNOWN "failed to pull.* 403 Forbidden"$/,
  },
  {
    name: failing("names a manifest by a digest that is not its own"),
    ours: "FailedPrecondition",
    theirs: "NotFound: it asks for that digest",
    came: /^NOT_FOUND "failed to pull/,
  },
  {
    name: "a pull from a registry that is not there says so in front",
    ours: "Unknown, `RegistryUnavailable: ` in front",
    theirs: "Unknown without it",
    came: /^UNKNOWN "failed to pull.* connection refused"$/,
  },
  ...noReference.map((text) => ({
    name: `a pull of "${text}" is refused as no reference`,
    ours: invalid,
    theirs: "Unknown",
    came: /^UNKNOWN "failed to parse image reference /,
  })),
  {
    name: "a pull for a runtime handler that nobody configured is refused",
    ours: invalid,
    theirs: "OK: the default handler is taken",
    came: /^OK$/,
  },
];

const credentials: readonly ContainerdDifference[] = [
  {
    name: "a pull with the address of its host is let in",
    ours: "OK",
    theirs: "Unknown: a host with a port is no URL",
    came: /^UNKNOWN ".*parse server address/,
  },
  {
    name: "a pull with a registry token is let in",
    ours: "OK",
    theirs: "Unknown: the token is not sent",
    came: /^UNKNOWN ".*failed to fetch anonymous token/,
  },
  ...refused.map((name) => ({
    name,
    ours: "Unauthenticated",
    theirs: "Unknown",
    came: /^UNKNOWN "failed to pull.*failed to authorize: .* 401 Unauthorized"$/,
  })),
  {
    name: "auth that is no base64 is refused, and not repeated in the error",
    ours: invalid,
    theirs: "Unknown",
    came: /^UNKNOWN ".*illegal base64 data/,
  },
];

/** Every case that Debian's containerd is known not to pass. */
export const containerdDifferences: readonly ContainerdDifference[] = [
  {
    name: "ImageFsInfo tells the file system of the containers",
    ours: "that of the images",
    theirs: "none: its API is older",
    came: /^0$/,
  },
  ...strangeUsers.map((user) => ({
    name: `an image with the user "${user}" is refused`,
    ours: invalid,
    theirs: "OK: it is told as a number below 0 or too large, or as a name",
    came: /^OK$/,
  })),
  { name: "ImageStatus of no image at all is refused", ours: invalid, theirs: "OK, no image", came: /^OK$/ },
  {
    name: "a prefix that two ids begin with is refused",
    ours: invalid,
    theirs: "Unknown",
    came: /^UNKNOWN ".*ambiguous digest string"$/,
  },
  {
    name: "spec has the manifest's annotations, by whatever name it is asked",
    ours: "the annotations",
    theirs: "no spec",
    came: /^nothing$/,
  },
  ...["a filter by name", "a filter by id"].map((filter) => ({
    name: `${filter} lists that image alone`,
    ours: "the image",
    theirs: "every image: filters are not looked at",
    came: /^\["sha256:.*","sha256:/,
  })),
  {
    name: "a filter by a name that is absent lists nothing",
    ours: "nothing",
    theirs: "every image: filters are not looked at",
    came: /^\["sha256:/,
  },
  {
    name: "StreamImages sends what ListImages lists, at least one in each message, and ends",
    ours: "the images",
    theirs: "Unimplemented: its API is older",
    came: /^UNIMPLEMENTED /,
  },
  {
    name: "StreamImages sends nothing where there is nothing",
    ours: "no message",
    theirs: "Unimplemented: its API is older",
    came: /^UNIMPLEMENTED /,
  },
  { name: "RemoveImage of no image at all is refused", ours: invalid, theirs: "OK", came: /^OK$/ },
  ...errors,
  ...credentials,
  ...artifacts.map((name) => ({
    name,
    ours: "OK",
    theirs: "Unknown: every image needs the layers that its config names",
    came: /^UNKNOWN ".*mismatched image rootfs and manifest layers"$/,
  })),
];
