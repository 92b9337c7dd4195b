import { readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { asStorageError, isErrno } from "@stowage/errors";
import { writeText } from "@stowage/linux";
import { type Digest, digestSchema } from "@stowage/oci";
import { z } from "zod";

/** What is known of a committed layer beside its files. It is in the layer's directory before that gets its name. */
export interface LayerRecord {
  readonly diffId: Digest;
  /** The id of the layer below. */
  readonly parent?: string | undefined;
  readonly bytes: number;
  readonly inodes: number;
  readonly tarSize: number;
}

/** Puts the record in place whole, also over one that an earlier try left torn. */
export async function writeLayerRecord(directory: string, record: LayerRecord): Promise<void> {
  const unfinished = join(directory, `${fileName}.new`);
  await writeText(unfinished, `${JSON.stringify(record)}\n`);
  await rename(unfinished, join(directory, fileName));
}

/** The record in a layer's directory; `undefined` where there is none that can be read: then it is no layer of ours. */
export async function findLayerRecord(directory: string): Promise<LayerRecord | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(join(directory, fileName), "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, "ENOENT", "ENOTDIR", "EIO", "EUCLEAN", "EBADMSG"))
      return undefined;
    throw asStorageError(error, `read layer "${directory}"`);
  }
}

/** The records of all layers in the driver's home, by layer id. */
export async function readLayerRecords(home: string): Promise<ReadonlyMap<string, LayerRecord>> {
  const records = new Map<string, LayerRecord>();
  for (const id of (await readdir(home)).filter((name) => layerNamePattern.test(name))) {
    const record = await findLayerRecord(join(home, id));
    if (record !== undefined) records.set(id, record);
  }
  return records;
}

const fileName = "stowage.json";
/** The name of a layer's directory. */
export const layerNamePattern: RegExp = /^(?:[0-9a-f]{64}|[0-9a-f]{128})$/;

const count = z.int().min(0);
const schema: z.ZodType<LayerRecord> = z.object({
  diffId: digestSchema,
  parent: z.string().regex(layerNamePattern).optional(),
  bytes: count,
  inodes: count,
  tarSize: count,
});
