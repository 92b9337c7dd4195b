import { StowageError } from "@stowage/errors";

/** Where an image is to come from (containers-transports(5)). */
export type SourceName =
  /** A registry, by a name that may be short. */
  | { readonly kind: "registry"; readonly name: string }
  /** An archive or a directory, and which of its images, by the name or the tag that it has there. */
  | {
      readonly kind: "archive";
      readonly transport: ArchiveTransport;
      readonly path: string;
      readonly image: string | undefined;
    };

export type ArchiveTransport = "oci" | "oci-archive" | "docker-archive" | "dir";

/**
 * Reads a source: `docker://alpine:3`, `oci:/srv/layout:tag`, `oci-archive:app.tar:tag`, `docker-archive:app.tar:app:1`,
 * `dir:/srv/app`, or a name behind which there is nothing of that. A path ends at its first colon, but for `dir`. Fails with
 * `invalid-argument` where a path or a name is missing.
 */
export function parseSourceName(text: string): SourceName {
  if (text.startsWith(registryMark)) return named(text.slice(registryMark.length), text);
  const transport = transports.find((each) => text.startsWith(`${each}:`));
  if (transport === undefined) return named(text, text);
  const rest = text.slice(transport.length + 1);
  const end = transport === "dir" ? -1 : rest.indexOf(":");
  const path = end < 0 ? rest : rest.slice(0, end);
  if (path === "") throw refusal(text, "it names no path");
  return { kind: "archive", transport, path, image: end < 0 ? undefined : rest.slice(end + 1) || undefined };
}

/** The same for a name that says no transport: it goes behind what is taken for all such. */
export function completeSourceName(text: string, defaultTransport: string): SourceName {
  const says = text.startsWith(registryMark) || transports.some((each) => text.startsWith(`${each}:`));
  return parseSourceName(says ? text : `${defaultTransport}${text}`);
}

const registryMark = "docker://";
const transports: readonly ArchiveTransport[] = ["oci", "oci-archive", "docker-archive", "dir"];

function named(name: string, text: string): SourceName {
  if (name === "") throw refusal(text, "it names no image");
  return { kind: "registry", name };
}

function refusal(text: string, why: string): StowageError {
  return new StowageError("invalid-argument", `Cannot read the source ${JSON.stringify(text.slice(0, 255))}: ${why}`);
}
