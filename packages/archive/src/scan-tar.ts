import type { FileHandle } from "node:fs/promises";
import { type AbortOptions, StowageError } from "@stowage/errors";
import { type TarEntry, TarReader } from "@stowage/tar";
import { brokenEntry } from "./archive-files.ts";

/** A member of a tar, and where its content begins. */
export interface TarPlace {
  readonly entry: TarEntry;
  /** Bytes from the start of the file. */
  readonly at: number;
}

/**
 * The members of a tar, found by their headers: contents are passed over. Fails with `failed-precondition` where a
 * header is broken, the file is cut off, or a member is sparse, which no blob is.
 */
export async function* scanTar(
  file: FileHandle,
  { signal }: AbortOptions = {},
): AsyncGenerator<TarPlace, void, undefined> {
  const { size } = await file.stat();
  const headers = new HeaderWindow(file);
  for (let at = 0; ; ) {
    signal?.throwIfAborted();
    const found = await readMember(headers, at);
    if (found === undefined) return;
    const end = found.at + found.entry.size;
    if (end > size) throw brokenEntry(found.entry.name, "is cut off");
    yield found;
    at = Math.ceil(end / blockBytes) * blockBytes;
  }
}

/** Whether a file may begin so: with a header or with the end of an empty archive. */
export function isTarStart(bytes: Uint8Array): boolean {
  try {
    new TarReader(noSink).push(bytes.subarray(0, blockBytes));
    return bytes.byteLength >= blockBytes;
  } catch (error) {
    if (!(error instanceof StowageError)) throw error;
    return false;
  }
}

/** The member whose headers begin at an offset; `undefined` at the end of the archive. */
async function readMember(headers: HeaderWindow, start: number): Promise<TarPlace | undefined> {
  const member = new MemberHeaders();
  let at = start;
  try {
    while (!member.isComplete) {
      member.push(await headers.read(at));
      at += blockBytes;
    }
  } catch (cause) {
    if (!(cause instanceof StowageError)) throw cause;
    throw new StowageError("failed-precondition", `Cannot read archive at byte ${at}: ${cause.message}`, { cause });
  }
  const { entry, isSparse } = member;
  if (entry !== undefined && isSparse) throw brokenEntry(entry.name, "is a sparse file");
  return entry === undefined ? undefined : { entry, at };
}

/** The blocks in front of the content of one member. */
class MemberHeaders {
  readonly #reader = new TarReader({ ...noSink, entry: (entry) => void (this.entry = entry) });
  entry: TarEntry | undefined;
  isSparse = false;

  /** Whether the content begins here, or the archive ends. */
  get isComplete(): boolean {
    return this.entry !== undefined || this.#reader.ended;
  }

  push(block: Buffer): void {
    this.#reader.push(block);
    if (block.byteLength < blockBytes) this.#reader.end();
    const isOldSparse = this.entry !== undefined && block[typeFlagAt] === oldSparse;
    this.isSparse ||= isOldSparse || block.includes(paxSparse);
  }
}

/** Reads blocks one after the other, several in one call. */
class HeaderWindow {
  readonly #file: FileHandle;
  readonly #bytes = Buffer.alloc(windowBytes);
  #start = 0;
  #end = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The block at an offset; a shorter one, or an empty one, at the end of the file. */
  async read(at: number): Promise<Buffer> {
    if (at < this.#start || at + blockBytes > this.#end) await this.#fill(at);
    return this.#bytes.subarray(at - this.#start, Math.min(at + blockBytes, this.#end) - this.#start);
  }

  async #fill(at: number): Promise<void> {
    this.#start = at;
    this.#end = at;
    while (this.#end < at + blockBytes) {
      const filled = this.#end - at;
      const { bytesRead } = await this.#file.read(this.#bytes, filled, windowBytes - filled, this.#end);
      if (bytesRead === 0) return;
      this.#end += bytesRead;
    }
  }
}

const noSink = { entry: () => undefined, data: () => undefined, hole: () => undefined, endEntry: () => undefined };

const blockBytes = 512;

/** A header with its extensions and the small documents behind it come in one read. */
const windowBytes = 4096;

/** POSIX ustar, "typeflag"; GNU writes `S` for a sparse file. */
const typeFlagAt = 156;
const oldSparse = 0x53;

/** What the keys of GNU's PAX records about a sparse file begin with. */
const paxSparse = "GNU.sparse.";
