import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asStorageError, isErrno } from "@stowage/errors";
import { writeText } from "@stowage/linux";
import { digestSchema } from "@stowage/oci";
import type { WritableInfo } from "@stowage/snapshots";
import { z } from "zod";

/** What is known of a writable snapshot beside its files. */
export interface WritableRecord extends Omit<WritableInfo, "key"> {
  /** In which boot of the machine it was made. */
  readonly boot: string;
}

export async function writeWritableRecord(directory: string, record: WritableRecord): Promise<void> {
  await writeText(join(directory, writableRecordName), `${JSON.stringify(record)}\n`);
}

/** The record in the directory of a writable snapshot; `undefined` where there is none that can be read. */
export async function findWritableRecord(directory: string): Promise<WritableRecord | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(join(directory, writableRecordName), "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw asStorageError(error, `read writable snapshot "${directory}"`);
  }
}

export const writableRecordName = "stowage.json";

const id = z.int().min(0).max(0xffff_fffe);
const ranges = z.array(z.object({ inside: id, outside: id, length: id.min(1) })).min(1);
/** What a user namespace can be given (user_namespaces(7)), as far as it can be told without one. */
export const idMapSchema: z.ZodType<NonNullable<WritableInfo["idMap"]>> = z.object({ uids: ranges, gids: ranges });

const schema: z.ZodType<WritableRecord> = z.object({
  chain: z.array(digestSchema).min(1),
  volatile: z.boolean(),
  idMap: idMapSchema.optional(),
  boot: z.string(),
});
