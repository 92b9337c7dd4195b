import { call } from "./libc.ts";
import { mountFlags, parseMountOptions } from "./mount-options.ts";
import { mountOverlay } from "./mount-overlay.ts";
import { terminated } from "./path-bytes.ts";

export interface MountRequest {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  /** Spelled as mount(8) does: `["ro", "nodev", "lowerdir=/a:/b"]`. */
  readonly options: readonly string[];
}

/**
 * Mounts. A bind mount with further flags takes the second call that they need. An overlay whose options are too long
 * for mount(2) is built layer by layer, which fails with `failed-precondition` on a kernel before 6.8.
 */
export function mount(request: MountRequest): void {
  const { flags, propagation, data } = parseMountOptions(request.options);
  const text = data.join(",");
  if (Buffer.byteLength(text) > maxData && request.type === "overlay") mountOverlay(request, { flags, data });
  else mountOnce(request, flags, text);
  const further = flags & ~(mountFlags.bind | mountFlags.recursive);
  if ((flags & mountFlags.bind) !== 0 && further !== 0 && (flags & mountFlags.remount) === 0) {
    mountOnce(request, further | mountFlags.bind | mountFlags.remount, "");
  }
  if (propagation !== 0) mountOnce(request, propagation, "");
}

/** Takes the topmost mount off `target`; with `lazy`, also one in use, which ends with its last user. */
export function unmount(target: string, options: { readonly lazy?: boolean } = {}): void {
  call("umount2", [terminated(target), noFollow | (options.lazy === true ? detach : 0)], target);
}

function mountOnce({ type, source, target }: MountRequest, flags: number, data: string): void {
  if (Buffer.byteLength(data) > maxData) {
    throw new RangeError(`Cannot mount ${type} on "${target}": its options have more than ${maxData} bytes`);
  }
  call("mount", [terminated(source), terminated(target), terminated(type), flags, terminated(data)], target);
}

/** mount(2) copies one page of data, with a NUL at its end. */
const maxData = 4095;

/** UMOUNT_NOFOLLOW, MNT_DETACH */
const noFollow = 8;
const detach = 2;
