import { StowageError } from "@stowage/errors";
import { quoteText } from "@stowage/oci";

/** A file of an archive. It can be read as often as needed, also several times at once. */
export interface ArchivedFile {
  /** Bytes. */
  readonly size: number;
  /** From an offset on. */
  read(from?: number): AsyncIterable<Uint8Array>;
}

/** The files of an archive by their paths in it: a directory or a tar. */
export interface ArchiveFiles extends AsyncDisposable {
  /** `undefined` where there is no regular file. Fails with `failed-precondition` for one that is not to be trusted. */
  find(path: string): Promise<ArchivedFile | undefined>;
}

/** What is wrong with something in an archive. */
export function brokenEntry(path: string, why: string, options?: ErrorOptions): StowageError {
  return new StowageError("failed-precondition", `Cannot read archive: ${quoteText(path)} ${why}`, options);
}

/** A small file, whole; `undefined` where it is missing. */
export async function findBytes(
  files: ArchiveFiles,
  path: string,
  { limit }: { readonly limit: number },
): Promise<Uint8Array | undefined> {
  const file = await files.find(path);
  if (file === undefined) return undefined;
  if (file.size > limit) throw brokenEntry(path, `has ${file.size} bytes, at most ${limit} are allowed`);
  return Buffer.concat(await Array.fromAsync(file.read()));
}

/** Reads a document of an archive; what is wrong with it is told with its path. */
export function inEntry<Value>(path: string, decode: () => Value): Value {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof StowageError) && !(cause instanceof SyntaxError)) throw cause;
    throw brokenEntry(path, `is broken: ${cause.message}`, { cause });
  }
}
