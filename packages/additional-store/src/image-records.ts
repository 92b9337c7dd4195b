import { mkdir, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  bigDataName,
  encodeStoredImage,
  imageDirectoryOf,
  joinRecords,
  type StoredImage,
} from "@stowage/containers-storage";
import { ifThere, isErrno } from "@stowage/errors";
import type { Durability } from "@stowage/linux";
import type { Digest } from "@stowage/oci";
import { RecordFile } from "./record-file.ts";

export interface ImageRecordsPlace {
  /** The directory of the storage. */
  readonly root: string;
  /** The absolute path of a blob. */
  readonly blobPath: (digest: Digest) => string;
  readonly durability: Durability;
}

export interface ImageRecord {
  readonly stored: StoredImage;
  readonly text: string;
}

/** An image as it is kept here: most are written again and again, and encoded once. */
export function imageRecordOf(stored: StoredImage): ImageRecord {
  return { stored, text: encodeStoredImage(stored) };
}

/** What other programs are told of images: their records, and beside these links to their documents. */
export class ImageRecords {
  readonly #place: ImageRecordsPlace;
  readonly #directory: string;
  readonly #path: string;
  readonly #file: RecordFile;
  /** What the file says, where that is known. */
  #text: string | undefined;
  /** Whether what is beside the file was looked at, which an earlier process may have left as it was. */
  #hasLooked = false;
  /** By the names of directories, for which record their documents are there. */
  readonly #linked = new Map<string, string>();

  constructor(place: ImageRecordsPlace) {
    this.#place = place;
    this.#directory = join(place.root, "overlay-images");
    this.#path = join(this.#directory, "images.json");
    const lock = join(this.#directory, "images.lock");
    this.#file = new RecordFile({ path: this.#path, lock, durability: place.durability });
  }

  /** Documents come before the images that they are of, and go after them. */
  async write(images: readonly ImageRecord[]): Promise<void> {
    const text = joinRecords(images.map((image) => image.text));
    const before = this.#text ?? (await ifThere(readFile(this.#path, "utf8")));
    if (text === before && this.#hasLooked) return;
    this.#text = undefined; // until it is known
    const there = new Set((await readdir(this.#directory)).filter((name) => directoryName.test(name)));
    for (const { stored, text: of } of images) {
      const name = imageDirectoryOf(stored);
      if (!there.delete(name) || this.#linked.get(name) !== of) await this.#linkDocuments(stored);
      this.#linked.set(name, of);
    }
    if (text !== before) await this.#file.write(async () => text);
    for (const name of there) {
      this.#linked.delete(name);
      await rm(join(this.#directory, name), { recursive: true, force: true });
    }
    this.#text = text;
    this.#hasLooked = true;
  }

  async #linkDocuments(image: StoredImage): Promise<void> {
    const directory = join(this.#directory, imageDirectoryOf(image));
    await mkdir(directory, { recursive: true, mode: 0o755 });
    for (const { key, blob } of image.bigData) {
      const target = relative(directory, this.#place.blobPath(blob.digest));
      await linkTo(target, join(directory, bigDataName(key)));
    }
  }
}

const directoryName = /^[0-9a-f]{64}$/;

/** An image of the same id keeps its config, and may have come by another manifest. */
async function linkTo(target: string, path: string): Promise<void> {
  try {
    await symlink(target, path);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    if ((await ifThere(readlink(path))) === target) return;
    await rm(`${path}.new`, { force: true });
    await symlink(target, `${path}.new`);
    await rename(`${path}.new`, path);
  }
}
