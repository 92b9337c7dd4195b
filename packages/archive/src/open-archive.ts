import { open as openFd, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import { promisify } from "node:util";
import { asStorageError, isErrno, StowageError } from "@stowage/errors";
import type { Digest } from "@stowage/oci";
import { type ArchivedFile, type ArchiveFiles, notAnArchive } from "./archive-files.ts";
import { compressionOf, magicBytes } from "./decompressed.ts";
import { dockerList, readDockerImages } from "./docker-archive.ts";
import type { ArchiveForm, ArchiveSource, ImageArchive, OpenArchiveOptions } from "./image-archive.ts";
import { openLayoutDirectory } from "./layout-directory.ts";
import { findBlob, readLayout } from "./oci-layout.ts";
import { isTarStart } from "./scan-tar.ts";
import { readSkopeoDirectory } from "./skopeo-directory.ts";
import { spool } from "./spool.ts";
import { openTarFiles } from "./tar-files.ts";

/**
 * Opens a directory with an OCI layout or of skopeo's `dir:`, a tar, or the bytes of one, plain or as gzip or zstd. Which form it has, its
 * content says. What is no archive is `invalid-argument`, a broken one `failed-precondition`, a missing one `not-found`.
 */
export async function openArchive(source: ArchiveSource, options: OpenArchiveOptions = {}): Promise<ImageArchive> {
  await using opening = new AsyncDisposableStack();
  const isDirectory = typeof source === "string" && (await findStatus(source)).isDirectory();
  const files = opening.use(isDirectory ? openLayoutDirectory(source) : await openTar(source, options));
  const archive = await readImages(files, { ...options, isDirectory });
  opening.move();
  return archive;
}

async function findStatus(path: string): Promise<Stats> {
  return await opening(path, stat(path));
}

async function openTar(source: ArchiveSource, options: OpenArchiveOptions): Promise<ArchiveFiles> {
  const file = typeof source === "string" ? await openPlain(source, options) : await spool(source, options);
  await using opened = new AsyncDisposableStack();
  opened.use(file);
  const files = await openTarFiles(file, options);
  opened.move();
  return files;
}

/** The file itself where it is a plain tar, else what it holds, spooled. */
async function openPlain(path: string, options: OpenArchiveOptions): Promise<FileHandle> {
  if ((await findStatus(path)).isFIFO()) return await spoolPipe(path, options);
  await using opened = new AsyncDisposableStack();
  const file = opened.use(await opening(path, open(path)));
  if (!(await file.stat()).isFile()) return await spool(streamOf(file), options);
  const start = Buffer.alloc(firstBlock);
  const { bytesRead } = await opening(path, file.read(start, 0, firstBlock, 0));
  const head = start.subarray(0, bytesRead);
  if (compressionOf(head.subarray(0, magicBytes)) !== "none") return await spool(streamOf(file), options);
  if (!isTarStart(head)) throw notAnArchive(`"${path}" is no tar`);
  opened.move();
  return file;
}

/** Read as a socket is: a read of a file that waits for a writer could not be given up, and would keep the process. */
async function spoolPipe(path: string, options: OpenArchiveOptions): Promise<FileHandle> {
  const fd = await opening(path, promisify(openFd)(path, "r"));
  const pipe = new Socket({ fd, writable: false });
  try {
    return await spool(pipe, options);
  } finally {
    pipe.destroy();
  }
}

function streamOf(file: FileHandle): AsyncIterable<Uint8Array> {
  return file.createReadStream({ autoClose: false, highWaterMark: streamBytes });
}

const firstBlock = 512;

/** What a reader of a file takes at once. */
const streamBytes = 256 * 1024;

async function opening<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR"))
      throw new StowageError("not-found", `Cannot read archive "${path}": it is not there`, { cause });
    throw asStorageError(cause, `read archive "${path}"`);
  }
}

interface Found extends OpenArchiveOptions {
  readonly isDirectory: boolean;
}

async function readImages(files: ArchiveFiles, { isDirectory, ...options }: Found): Promise<ImageArchive> {
  const layout = await readLayout(files);
  if (layout !== undefined) {
    const form = await formOf(files, isDirectory);
    return archiveOf(files, { form, hasManifests: true, images: layout, find: (digest) => findBlob(files, digest) });
  }
  const found = isDirectory ? await readDirectory(files) : await readDocker(files, options);
  if (found === undefined) throw notAnArchive(await whatIsMissing(files, isDirectory));
  return archiveOf(files, found);
}

async function readDirectory(files: ArchiveFiles): Promise<ArchiveParts | undefined> {
  const directory = await readSkopeoDirectory(files);
  return directory === undefined ? undefined : { form: "dir", hasManifests: true, ...directory };
}

async function readDocker(files: ArchiveFiles, options: OpenArchiveOptions): Promise<ArchiveParts | undefined> {
  const docker = await readDockerImages(files, options);
  if (docker === undefined) return undefined;
  const { images, blobs } = docker;
  return { form: "docker-archive", hasManifests: false, images, find: (digest) => Promise.resolve(blobs.get(digest)) };
}

async function formOf(files: ArchiveFiles, isDirectory: boolean): Promise<ArchiveForm> {
  if (isDirectory) return "oci-layout";
  return (await files.find(dockerList)) === undefined ? "oci-archive" : "docker-archive";
}

async function whatIsMissing(files: ArchiveFiles, isDirectory: boolean): Promise<string> {
  if (isDirectory) return 'the directory is no OCI layout: it has no "oci-layout"';
  const isOld = (await files.find("repositories")) !== undefined;
  if (isOld) return 'it is of a docker before 1.10: it has no "manifest.json"';
  return 'the tar has no images: neither "oci-layout" nor "manifest.json" is in it';
}

interface ArchiveParts extends Pick<ImageArchive, "form" | "hasManifests" | "images"> {
  readonly find: (digest: Digest) => Promise<ArchivedFile | undefined>;
}

function archiveOf(files: ArchiveFiles, { find, ...told }: ArchiveParts): ImageArchive {
  return {
    ...told,
    async *read(digest, from = 0) {
      const file = await find(digest);
      if (file === undefined) throw new StowageError("not-found", `Cannot read blob ${digest}: the archive lacks it`);
      yield* file.read(from);
    },
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}
