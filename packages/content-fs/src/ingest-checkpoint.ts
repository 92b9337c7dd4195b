import { type FileHandle, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@stowage/errors";
import { type HashCheckpoint, isHashCheckpoint } from "@stowage/linux";
import { algorithmOf, type Descriptor } from "@stowage/oci";
import type { Ingest } from "./ingest.ts";

/** After this many bytes they are made durable and noted: no more than these are fetched again after a crash. */
const checkpointBytes = 32 * 1024 * 1024;

const fileName = "checkpoint.json";

/** Notes from time to time how much of an ingest is in, for good. */
export interface Checkpoints extends AsyncDisposable {
  /** Notes it if much has come since the last note, without making anybody wait. */
  offer(checkpoint: HashCheckpoint): void;
  /** Notes it now; an ingest of nothing is dropped. */
  save(checkpoint: HashCheckpoint): Promise<void>;
  /** Waits for the note that is being made. */
  stop(): Promise<void>;
}

export function openCheckpoints({ directory, want }: Ingest, file: FileHandle, start: number): Checkpoints {
  let noted = start;
  let saving: Promise<void> | undefined;
  const save = async (checkpoint: HashCheckpoint): Promise<void> => {
    await file.datasync(); // before the note that counts on it
    await writeCheckpoint(directory, { ...checkpoint, size: want.size });
  };
  const stop = async (): Promise<void> => await saving;
  return {
    offer(checkpoint) {
      if (saving !== undefined || checkpoint.bytes - noted < checkpointBytes) return;
      noted = checkpoint.bytes;
      saving = save(checkpoint).then(() => {
        saving = undefined;
      });
      saving.catch(() => undefined); // `stop` and `save` tell it
    },
    async save(checkpoint) {
      await stop();
      if (checkpoint.bytes === 0) await rm(directory, { recursive: true, force: true });
      else await save(checkpoint);
    },
    stop,
    [Symbol.asyncDispose]: () => stop().catch(() => undefined),
  };
}

/** What is in of a blob; `undefined` where nothing is, or where what is noted does not fit. */
export async function readCheckpoint(
  directory: string,
  want: Pick<Descriptor, "digest" | "size">,
): Promise<HashCheckpoint | undefined> {
  const noted = await readNote(directory);
  if (noted === undefined || noted.size !== want.size || noted.bytes > want.size) return undefined;
  const size = await sizeOf(join(directory, "data"));
  return size >= noted.bytes && isHashCheckpoint(algorithmOf(want.digest), noted) ? noted : undefined;
}

/** A crash may fall between the renaming of the data and the end of its note. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return 0;
    throw error;
  }
}

export interface Note extends HashCheckpoint {
  /** Of the whole blob: bytes. */
  readonly size: number;
  /** In milliseconds since the epoch. */
  readonly notedAt: number;
}

/** What is noted in a directory, whether or not it is true; `undefined` where nothing readable is. */
export async function readNote(directory: string): Promise<Note | undefined> {
  try {
    await using file = await open(join(directory, fileName)); // once for all: it may go at any moment
    const json: unknown = JSON.parse(await file.readFile("utf8"));
    return isNote(json) ? { ...json, notedAt: (await file.stat()).mtimeMs } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function writeCheckpoint(directory: string, note: Omit<Note, "notedAt">): Promise<void> {
  const path = join(directory, fileName);
  await writeFile(`${path}.new`, JSON.stringify(note), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function isNote(json: unknown): json is Omit<Note, "notedAt"> {
  return (
    typeof json === "object" &&
    json !== null &&
    "bytes" in json &&
    typeof json.bytes === "number" &&
    "size" in json &&
    typeof json.size === "number" &&
    "state" in json &&
    typeof json.state === "string"
  );
}
