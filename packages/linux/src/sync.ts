import { call } from "./libc.ts";

/** Makes everything durable that was written to the file system `fd` is on. */
export function syncFileSystem(fd: number): void {
  call("syncfs", [fd]);
}
