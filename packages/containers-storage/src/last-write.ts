import { randomBytes } from "node:crypto";

/**
 * What a writer leaves in a lock file so that readers see that something has changed: 64 bytes, the time in nanoseconds, a counter
 * and the process, all lowest byte first, and chance (containers/storage, pkg/lockfile).
 */
export function encodeLastWrite({ time, count, pid }: LastWrite): Uint8Array {
  const token = Buffer.alloc(64);
  token.writeBigUInt64LE(time, 0);
  token.writeBigUInt64LE(BigInt(count), 8);
  token.writeUInt32LE(pid, 16);
  randomBytes(44).copy(token, 20);
  return token;
}

export interface LastWrite {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly count: number;
  readonly pid: number;
}
