import { isErrno } from "@stowage/errors";
import { call } from "./libc.ts";

/** Bytes of a file that are no hole, from `start` up to `end`. */
export interface DataExtent {
  readonly start: number;
  readonly end: number;
}

/**
 * The first data of an open file at `from` or behind it; `undefined` where only a hole or the end follows. On a file
 * system that does not tell holes, all of the file is data. Moves the position that `read` without one goes on from.
 */
export function findData(fd: number, from: number): DataExtent | undefined {
  try {
    const start = call("lseek", [fd, from, seekData]);
    return { start, end: call("lseek", [fd, start, seekHole]) };
  } catch (error) {
    if (!isErrno(error, "ENXIO")) throw error;
    return undefined;
  }
}

/** SEEK_DATA, SEEK_HOLE */
const seekData = 3;
const seekHole = 4;
