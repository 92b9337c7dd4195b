import { StowageError } from "@stowage/errors";

/** A path of a directory or a file, or the bytes themselves. */
export type ArchiveSource = string | AsyncIterable<Uint8Array>;

export function notAnArchive(why: string, options?: ErrorOptions): StowageError {
  return new StowageError("invalid-argument", `Cannot read archive: ${why}`, options);
}
