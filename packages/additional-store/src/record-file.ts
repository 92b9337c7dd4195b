import { constants } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { encodeLastWrite } from "@stowage/containers-storage";
import { asStorageError, isErrno } from "@stowage/errors";
import { allocateFile, type Durability, type FileLock, openFlusher, waitForFileLock, writeAt } from "@stowage/linux";

export interface RecordFilePlace {
  readonly path: string;
  /** Locked by whoever reads or writes the file; what is in it tells readers that the file has changed. */
  readonly lock: string;
  readonly durability: Durability;
}

/** A file of records that other processes read: replaced whole, under its lock, and with room kept for the next one. */
export class RecordFile {
  readonly #place: RecordFilePlace;
  #writes = 0;

  constructor(place: RecordFilePlace) {
    this.#place = place;
  }

  /**
   * Replaces what the file says by what `make` gives when nobody reads; where that is nothing, it stays. Readers are told before and
   * after, so that one who comes in between looks again. On a full disk it takes the room that the last one has left for it.
   */
  async write(make: () => Promise<string | undefined>): Promise<void> {
    const { path } = this.#place;
    try {
      using lock = await waitForFileLock(this.#place.lock, { milliseconds: lockMilliseconds });
      const text = await make();
      if (text === undefined) return;
      await this.#writeNext(text);
      await this.#tell(lock);
      await rename(this.#next, path);
      await this.#tell(lock);
      using names = openFlusher(dirname(path), { scope: "names", durability: this.#place.durability });
      await names.flush();
      await this.#keepRoom(text);
    } catch (error) {
      throw asStorageError(error, `write "${path}"`);
    }
  }

  get #next(): string {
    return `${this.#place.path}.new`;
  }

  /** Over what room there is, before that is given back. */
  async #writeNext(text: string): Promise<void> {
    await using file = await open(this.#next, constants.O_RDWR | constants.O_CREAT, 0o644);
    const bytes = Buffer.from(text);
    await writeAt(file, bytes, 0);
    await file.truncate(bytes.byteLength);
    if (this.#place.durability === "full") await file.datasync();
  }

  async #tell({ path }: FileLock): Promise<void> {
    this.#writes += 1;
    const time = BigInt(Date.now()) * 1_000_000n;
    await using file = await open(path, "r+");
    await writeAt(file, encodeLastWrite({ time, count: this.#writes, pid: process.pid }), 0);
  }

  /** Where there is none, the next one has to find room by itself. */
  async #keepRoom(text: string): Promise<void> {
    try {
      await using file = await open(this.#next, constants.O_RDWR | constants.O_CREAT, 0o644);
      allocateFile(file.fd, Buffer.byteLength(text));
    } catch (error) {
      if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
    }
  }
}

/** Others hold these locks while they read or write a file. */
const lockMilliseconds = 10_000;
