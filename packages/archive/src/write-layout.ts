import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { asStorageError, StowageError } from "@stowage/errors";
import { makeDirectory, writeAt } from "@stowage/linux";
import { type Descriptor, maxDocumentBytes } from "@stowage/oci";
import { z } from "zod";
import { type ArchiveFiles, findBytes } from "./archive-files.ts";
import { eachOf } from "./each-of.ts";
import { blobsOf, type ExportedImage, type ExportOptions, type ExportSource, exportBlob } from "./exported-image.ts";
import { openLayoutDirectory } from "./layout-directory.ts";
import { defaultWidth } from "./limits.ts";
import {
  blobPath,
  decodeLayoutIndex,
  encodeLayoutIndex,
  entriesOf,
  findBlob,
  layoutFiles,
  layoutMarker,
  nameOf,
  readMarker,
} from "./oci-layout.ts";

export interface WriteLayoutOptions extends ExportOptions {
  /** Blobs that are written at once; 4 if it is not given. */
  readonly width?: number | undefined;
}

/** What to write: images, and where their bytes come from. */
export interface LayoutContent {
  readonly images: readonly ExportedImage[];
  readonly source: ExportSource;
}

/**
 * Makes an OCI layout in a directory, or adds to the one that is there. Blobs of the right size are left alone, and so
 * are the entries of others in the index, but a name moves to the image that is written. A file gets its name when it is
 * whole and on the disk, the index last. A directory with something else in it is `failed-precondition`.
 */
export async function writeLayout(
  directory: string,
  content: LayoutContent,
  options: WriteLayoutOptions = {},
): Promise<void> {
  try {
    await makeDirectory(directory, { mode: directoryMode });
    await using files = openLayoutDirectory(directory);
    await writeInto({ directory, files }, content, options);
  } catch (cause) {
    throw asStorageError(cause, `write layout "${directory}"`);
  }
}

interface Layout {
  readonly directory: string;
  readonly files: ArchiveFiles;
}

async function writeInto(
  layout: Layout,
  { images, source }: LayoutContent,
  options: WriteLayoutOptions,
): Promise<void> {
  const { width = defaultWidth, ...exporting } = options;
  const kept = await readKept(layout, images);
  const blobs = blobsOf(images);
  await eachOf(blobs, { width, ...exporting }, (blob, signal) =>
    writeBlob(layout, { blob, source }, { ...exporting, signal }),
  );
  for (const directory of new Set(blobs.map(({ digest }) => dirname(blobPath(digest)))))
    await syncDirectory(join(layout.directory, directory));
  await writeWhole(join(layout.directory, layoutFiles.marker), [layoutMarker]);
  const index = encodeLayoutIndex([...kept.entries, ...images.flatMap(entriesOf)], kept.more);
  await writeWhole(join(layout.directory, layoutFiles.index), [index]);
  await syncDirectory(layout.directory);
}

/** What of an index stays, as it was written. */
interface KeptIndex {
  readonly entries: readonly unknown[];
  readonly more: object;
}

async function readKept({ directory, files }: Layout, images: readonly ExportedImage[]): Promise<KeptIndex> {
  if (!(await readMarker(files))) await requireEmpty(directory);
  const bytes = await findBytes(files, layoutFiles.index, { limit: maxDocumentBytes });
  if (bytes === undefined) return { entries: [], more: {} };
  const descriptors = decodeLayoutIndex(bytes);
  const { manifests, ...more } = indexSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  const isReplaced = replacedBy(images);
  return { entries: manifests.filter((_, at) => !isReplaced(descriptors[at])), more };
}

const indexSchema = z.looseObject({ manifests: z.array(z.unknown()) });

/** Whether an entry gives way to those of some images: it has one of their names, or is one of them without a name. */
function replacedBy(images: readonly ExportedImage[]): (entry: Descriptor | undefined) => boolean {
  const entries = images.flatMap(entriesOf);
  const names = new Set(entries.map(nameOf));
  const roots = new Set(entries.map(({ digest }) => digest));
  return (entry) => {
    const name = entry === undefined ? undefined : nameOf(entry);
    return entry !== undefined && (name === undefined ? roots.has(entry.digest) : names.has(name));
  };
}

/** Blobs of a writer that was stopped are no reason to refuse. */
async function requireEmpty(directory: string): Promise<void> {
  const found = (await readdir(directory)).find((name) => name !== "blobs");
  if (found === undefined) return;
  const why = "it is no OCI layout, and not empty";
  throw new StowageError("failed-precondition", `Cannot write layout "${directory}": ${why}`);
}

interface BlobToWrite {
  readonly blob: Descriptor;
  readonly source: ExportSource;
}

async function writeBlob(
  { directory, files }: Layout,
  { blob, source }: BlobToWrite,
  options: ExportOptions,
): Promise<void> {
  const { digest, size } = blob;
  const there = await findBlob(files, digest);
  if (there?.size === size) return options.onProgress?.({ digest, bytes: size, size });
  const path = join(directory, blobPath(digest));
  await makeDirectory(dirname(path), { mode: directoryMode });
  await writeWhole(path, exportBlob(blob, source, options));
}

/** Under another name first, so that no reader sees less than all of it, and none after a power cut. */
async function writeWhole(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const unfinished = join(dirname(path), `.${randomUUID()}`);
  try {
    await using file = await open(unfinished, "wx", fileMode);
    let at = 0;
    for await (const block of content) {
      await writeAt(file, block, at);
      at += block.byteLength;
    }
    await file.sync();
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path);
  await directory.sync();
}

/** Layouts are for others to read. */
const directoryMode = 0o755;
const fileMode = 0o644;
