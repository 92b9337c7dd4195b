import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { isErrno } from "@stowage/errors";
import { type Durability, type HashCheckpoint, isHashCheckpoint, writeText } from "@stowage/linux";
import { algorithmOf, type Descriptor } from "@stowage/oci";
import { step } from "@stowage/steps";

/** After this many bytes they are made durable and noted: no more than these are read again after a crash. */
const checkpointBytes = 32 * 1024 * 1024;

/** Notes from time to time how much of an ingest is in, for good, and what its hash has come to. */
export interface Checkpoints extends AsyncDisposable {
  /** Notes it if much has come since the last note, without making anybody wait. */
  offer(checkpoint: HashCheckpoint): void;
  /** Waits for the note that is being made; fails where it could not be. */
  stop(): Promise<void>;
}

/** What notes are made on. */
export interface NotedFile {
  readonly path: string;
  readonly file: FileHandle;
  /** How many of its bytes are noted already. */
  readonly start: number;
  /** Relaxed, nothing is flushed, so there is nothing to note: what is there is hashed anew. */
  readonly durability: Durability;
}

export function openCheckpoints({ path, file, start, durability }: NotedFile): Checkpoints {
  let noted = durability === "full" ? start : Number.POSITIVE_INFINITY;
  let saving: Promise<void> | undefined;
  const save = async (checkpoint: HashCheckpoint): Promise<void> => {
    await file.datasync(); // before the note that counts on it
    const note = notePath(path);
    await writeText(`${note}.new`, JSON.stringify(checkpoint));
    await rename(`${note}.new`, note);
    step("ingest-noted");
  };
  const stop = async (): Promise<void> => await saving;
  return {
    offer(checkpoint) {
      if (saving !== undefined || checkpoint.bytes - noted < checkpointBytes) return;
      noted = checkpoint.bytes;
      saving = save(checkpoint).then(() => {
        saving = undefined;
      });
      saving.catch(() => undefined); // `stop` tells it
    },
    stop,
    [Symbol.asyncDispose]: () => stop().catch(() => undefined),
  };
}

/** How much of a file is in for good; `undefined` where nothing readable is noted, or what does not fit. */
export async function readCheckpoint(
  path: string,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
): Promise<HashCheckpoint | undefined> {
  try {
    await using file = await open(notePath(path));
    const json: unknown = JSON.parse(await file.readFile("utf8"));
    return isNote(json) && json.bytes <= size && isHashCheckpoint(algorithmOf(digest), json) ? json : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Drops what is noted on a file of `size` bytes. */
export async function removeCheckpoint(path: string, size: number): Promise<void> {
  if (size >= checkpointBytes) await rm(notePath(path), { force: true });
}

/** Whether a name in the directory of ingests is that of a note that is done, on the file of the name that is returned. */
export function noteOf(name: string): string | undefined {
  return name.endsWith(noteSuffix) ? name.slice(0, -noteSuffix.length) : undefined;
}

const noteSuffix = ".checkpoint";

function notePath(path: string): string {
  return `${path}${noteSuffix}`;
}

function isNote(json: unknown): json is HashCheckpoint {
  return (
    typeof json === "object" &&
    json !== null &&
    "bytes" in json &&
    typeof json.bytes === "number" &&
    "state" in json &&
    typeof json.state === "string"
  );
}
