import { type AbortOptions, StowageError } from "@stowage/errors";
import type { IdMap } from "@stowage/oci";
import { call } from "./libc.ts";
import { openMappedTree } from "./mapped-tree.ts";
import { attachMount, attributesOf } from "./mount-attributes.ts";
import { type MountArguments, mountFlags, parseMountOptions } from "./mount-options.ts";
import { mountOverlay } from "./mount-overlay.ts";
import { terminated } from "./path-bytes.ts";
import { openUserNamespace, type UserNamespace } from "./user-namespace.ts";

export interface MountRequest {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  /** Spelled as mount(8) does: `["ro", "nodev", "lowerdir=/a:/b"]`; what has commas in it, in quotes: `context="a:b,c"`. */
  readonly options: readonly string[];
  /** By which the files of a bind mount, or those of the lower layers of an overlay, change their owners. */
  readonly idMap?: IdMap | undefined;
}

/**
 * Mounts. A bind mount with further flags takes the second call that they need. An overlay whose options are too long
 * for mount(2) is built layer by layer, which fails with `failed-precondition` on a kernel before 6.8. A request with an
 * `idMap` wants a user namespace that has those ids; `mountAll` makes one.
 */
export function mount(
  request: MountRequest,
  { userNamespace }: { readonly userNamespace?: UserNamespace | undefined } = {},
): void {
  const { idMap, target } = request;
  if ((idMap === undefined) !== (userNamespace === undefined)) {
    throw new Error(`Cannot mount on "${target}": ids are mapped by an idMap and a user namespace together`);
  }
  const options = parseMountOptions(request.options);
  if (userNamespace === undefined) mountPlain(request, options);
  else mountMapped(request, options, userNamespace);
  if (options.propagation !== 0) further(request, options, () => mountOnce(request, options.propagation, ""));
}

/** Makes a further call for a mount that was just made; where that fails, the mount goes. */
function further({ target }: MountRequest, { flags }: MountArguments, run: () => void): void {
  try {
    run();
  } catch (error) {
    if ((flags & mountFlags.remount) === 0) unmount(target);
    throw error;
  }
}

/** Makes mounts on `target`, in order, those with mapped ids included; where one fails, none is left. */
export async function mountAll(
  mounts: readonly Omit<MountRequest, "target">[],
  target: string,
  { signal }: AbortOptions = {},
): Promise<void> {
  await using undone = new AsyncDisposableStack();
  for (const { idMap, ...request } of mounts) {
    using userNamespace = idMap === undefined ? undefined : await openUserNamespace(idMap, { signal });
    signal?.throwIfAborted();
    mount({ ...request, idMap, target }, { userNamespace });
    undone.defer(() => unmount(target));
  }
  undone.move();
}

/** Takes the topmost mount off `target`; with `lazy`, also one in use, which ends with its last user. */
export function unmount(target: string, options: { readonly lazy?: boolean } = {}): void {
  call("umount2", [terminated(target), noFollow | (options.lazy === true ? detach : 0)], target);
}

function mountPlain(request: MountRequest, options: MountArguments): void {
  const { flags, data } = options;
  const text = data.join(",");
  if (Buffer.byteLength(text) > maxData && request.type === "overlay") mountOverlay({ ...request, flags, data });
  else mountOnce(request, flags, text);
  const others = flags & ~(mountFlags.bind | mountFlags.recursive);
  if ((flags & mountFlags.bind) !== 0 && others !== 0 && (flags & mountFlags.remount) === 0) {
    further(request, options, () => mountOnce(request, others | mountFlags.bind | mountFlags.remount, ""));
  }
}

function mountMapped(request: MountRequest, { flags, data }: MountArguments, userNamespace: UserNamespace): void {
  const { type, source, target } = request;
  if (type === "overlay") return mountOverlay({ source, target, flags, data, userNamespace });
  if ((flags & mountFlags.bind) === 0) {
    const what = "ids are mapped for bind mounts and overlays only";
    throw new StowageError("invalid-argument", `Cannot mount ${type} on "${target}": ${what}`);
  }
  const recursive = (flags & mountFlags.recursive) !== 0;
  using tree = openMappedTree(source, { userNamespace, attributes: attributesOf(flags), recursive });
  attachMount(tree.fd, target);
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
