import { callAside } from "./libc.ts";

/**
 * Makes everything durable that was written to the file system `fd` is on, off the main thread. Fails with EIO where
 * it could not: then what was written is to be held for lost.
 */
export async function syncFileSystem(fd: number): Promise<void> {
  await callAside("syncfs", [fd]);
}
