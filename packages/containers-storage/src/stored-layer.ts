import { type Compression, type Digest, digestSchema } from "@stowage/oci";
import { z } from "zod";

/** A layer, as `layers.json` has it. */
export interface StoredLayer {
  readonly id: string;
  /** The id of the layer below. */
  readonly parent: string | undefined;
  readonly diffId: Digest;
  /** Bytes of the plain tar. */
  readonly tarSize: number;
  /** The blob that it came in, where that is known. */
  readonly blob: StoredBlob | undefined;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface StoredBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly compression: Compression;
}

/** A record of `layers.json`. */
export function encodeStoredLayer(layer: StoredLayer): string {
  return JSON.stringify(recordOf(layer));
}

/** A file of records that are encoded already: `layers.json`, the layers below before those above, or `images.json`. */
export function joinRecords(records: readonly string[]): string {
  return `[${records.join(",\n")}]\n`;
}

function recordOf({ id, parent, diffId, tarSize, blob, created }: StoredLayer) {
  const ofBlob = blob === undefined ? {} : { "compressed-diff-digest": blob.digest, "compressed-size": blob.size };
  return {
    id,
    ...(parent === undefined ? {} : { parent }),
    created: new Date(created).toISOString(),
    ...ofBlob,
    "diff-digest": diffId,
    "diff-size": tarSize,
    compression: compressions[blob?.compression ?? "none"],
  };
}

/** containers/storage, pkg/archive: the numbers of the kinds. */
const compressions = { none: 0, gzip: 2, zstd: 4 } as const satisfies Record<Compression, number>;

/** Reads the layers in a `layers.json` of ours; what is none is left out. */
export function decodeStoredLayers(text: string): readonly StoredLayer[] {
  const read = z.array(z.unknown()).safeParse(jsonIn(text)).data ?? [];
  return read.flatMap((each) => stored.safeParse(each).data ?? []);
}

const stored = z
  .object({
    id: z.string().regex(/^[0-9a-f]{64}$/),
    parent: z.string().optional(),
    created: z.iso.datetime(),
    "compressed-diff-digest": digestSchema.optional(),
    "compressed-size": z.int().min(0).optional(),
    "diff-digest": digestSchema,
    "diff-size": z.int().min(0),
    compression: z.number(),
  })
  .transform(({ id, parent, created, ...record }): StoredLayer => {
    const { "compressed-diff-digest": digest, "compressed-size": size = 0 } = record;
    const compression = compressionOf(record.compression);
    return {
      id,
      parent,
      diffId: record["diff-digest"],
      tarSize: record["diff-size"],
      blob: digest === undefined ? undefined : { digest, size, compression },
      created: Date.parse(created),
    };
  });

function compressionOf(kind: number): Compression {
  if (kind === compressions.gzip) return "gzip";
  return kind === compressions.zstd ? "zstd" : "none";
}

/**
 * The layers on which what is in somebody else's `layers.json` or `images.json` stands: parents, the top layers of images, and
 * those that were mapped for them. `undefined` for a text that is neither.
 */
export function decodeUsedLayers(text: string): ReadonlySet<string> | undefined {
  const read = users.safeParse(jsonIn(text));
  if (!read.success) return undefined;
  return new Set(
    read.data.flatMap(({ parent, layer, "mapped-layers": mapped }) => [parent ?? [], layer ?? [], mapped ?? []].flat()),
  );
}

const users = z
  .array(
    z.object({
      parent: z.string().optional(),
      layer: z.string().optional(),
      "mapped-layers": z.array(z.string()).nullish(),
    }),
  )
  .nullable()
  .transform((records) => records ?? []);

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
