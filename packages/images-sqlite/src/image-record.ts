import type { ImageLayer, ImageRecord } from "@stowage/images";
import { type Descriptor, type Digest, isDigest, type Platform } from "@stowage/oci";

/** The record with what is kept of it, and nothing else. */
export function parseRecord(record: ImageRecord): ImageRecord {
  return recordIn({ ...record });
}

/** How an image is kept in its row: JSON, so that a field can be added without a migration. */
export function encodeRecord(record: ImageRecord): string {
  return JSON.stringify(record);
}

/** The record in a row, or `undefined` where the row is damaged: one bad image must not hide the others. */
export function decodeRecord(text: string): ImageRecord | undefined {
  try {
    return recordIn(fieldsOf(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

/** By hand: every row is read at every start, and a schema takes six times as long. */
type Fields = Readonly<Record<string, unknown>>;

function recordIn(fields: Fields): ImageRecord {
  const { index, created, handler, snapshotter, files, keepsBlobs } = fields;
  return {
    id: digestIn(fields["id"]),
    ...(handler === undefined ? {} : { handler: textIn(handler) }),
    ...(snapshotter === undefined ? {} : { snapshotter: textIn(snapshotter) }),
    manifest: descriptorIn(fields["manifest"]),
    ...(index === undefined ? {} : { index: descriptorIn(index) }),
    config: descriptorIn(fields["config"]),
    layers: listIn(fields["layers"]).map(layerIn),
    ...(keepsBlobs === true ? { keepsBlobs } : {}),
    ...(files === undefined ? {} : { files: listIn(files).map(descriptorIn) }),
    platform: platformIn(fields["platform"]),
    user: textIn(fields["user"]),
    annotations: annotationsIn(fields["annotations"]),
    ...(created === undefined ? {} : { created: textIn(created) }),
  };
}

function layerIn(value: unknown): ImageLayer {
  const { blob, kept, diffId, bytes, inodes } = fieldsOf(value);
  if (typeof kept !== "boolean") throw new TypeError("it is not said whether the blob is kept");
  return { blob: descriptorIn(blob), kept, diffId: digestIn(diffId), bytes: countIn(bytes), inodes: countIn(inodes) };
}

function descriptorIn(value: unknown): Descriptor {
  const { mediaType, digest, size } = fieldsOf(value);
  return { mediaType: textIn(mediaType), digest: digestIn(digest), size: countIn(size) };
}

function platformIn(value: unknown): Platform {
  const { os, architecture, variant, osVersion } = fieldsOf(value);
  return {
    os: textIn(os),
    architecture: textIn(architecture),
    ...(variant === undefined ? {} : { variant: textIn(variant) }),
    ...(osVersion === undefined ? {} : { osVersion: textIn(osVersion) }),
  };
}

function annotationsIn(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fieldsOf(value)).map(([key, text]) => [key, textIn(text)]));
}

function digestIn(value: unknown): Digest {
  const text = textIn(value);
  if (!isDigest(text)) throw new TypeError("it is no digest");
  return text;
}

function textIn(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("it is no text");
  return value;
}

function countIn(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new TypeError("it is no count");
  return value;
}

function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError("it is no list");
  return value;
}

/** The members of an object. */
export function fieldsOf(value: unknown): Fields {
  if (!isFields(value)) throw new TypeError("it is no object");
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
